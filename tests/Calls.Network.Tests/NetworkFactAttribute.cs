namespace Calls.Network.Tests;

/// <summary>A test that builds networks of its own; skipped, with the reason, where that is not possible.</summary>
internal class NetworkFactAttribute : FactAttribute
{
    /// <param name="programs">Further programs that the test starts.</param>
    public NetworkFactAttribute(params string[] programs)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Skip = "Network namespaces need Linux and root.";
            return;
        }

        string[] missing = [.. programs.Prepend("ip").Prepend("nft").Where(static program => Find(program) is null)];
        Skip = missing.Length > 0
            ? $"Not installed: {string.Join(", ", missing)} (packages iproute2, nftables, coturn and chromium); or bash tests/run.sh --install"
            : Lab.WhyNot.Value;
    }

    /// <summary>The path of a program; <c>null</c>: not installed.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
