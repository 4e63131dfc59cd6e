using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Calls.Server.Rtcd.Api;

/// <summary>What <c>GET /version</c> says (rtcd.md 13).</summary>
internal static class BuildInfo
{
    /// <summary>The rtcd whose behaviour this is; plugins and clients switch features by it.</summary>
    private const string Reference = "v1.2.6";

    private static readonly string Own =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>A semantic version; what follows the plus is for people.</summary>
    public static string Version { get; } = $"{Reference}+calls.{Own.Split('+')[0]}";

    public static byte[] Json { get; } = JsonSerializer.SerializeToUtf8Bytes(new
    {
        buildDate = BuiltAt().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        buildVersion = Version,
        buildHash = Hash(),
        goVersion = $"dotnet{Environment.Version}",
        goOS = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "windows",
        goArch = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
    });

    // Builds are reproducible, so the assembly itself has no date.
    private static DateTime BuiltAt() => File.Exists(Location) ? File.GetLastWriteTimeUtc(Location) : DateTime.UnixEpoch;

    private static string Location => Path.Combine(AppContext.BaseDirectory, "calls.dll");

    private static string Hash()
    {
        string revision = Own.Contains('+', StringComparison.Ordinal) ? Own.Split('+')[1] : "";
        return revision[..Math.Min(7, revision.Length)];
    }
}
