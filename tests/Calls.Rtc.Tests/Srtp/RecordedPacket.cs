using System.Text.Json;

namespace Calls.Rtc.Tests.Srtp;

/// <summary>One line of a <c>*.srtp.jsonl</c> recording (tests/fixtures/README.md, section packets).</summary>
internal sealed record RecordedPacket(string Session, bool FromClient, bool IsRtcp, uint Counter, byte[] Protected, byte[] Plain)
{
    /// <summary>Names of the recordings that use a profile of ours, as against AES-256-GCM, which is never negotiated (media.md 2.3).</summary>
    public static readonly string[] Recordings =
    [
        "chromium-lite-sfu-passive-gcm128",
        "chromium-sfu-active-aescm",
        "chromium-sfu-active-gcm128",
        "firefox-lite-sfu-passive-gcm128",
        "firefox-sfu-active-gcm",
    ];

    public static string Directory { get; } = FindDirectory();

    public static IEnumerable<RecordedPacket> Read(string recording)
    {
        foreach (string line in File.ReadLines(Path.Combine(Directory, recording + ".srtp.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            JsonElement packet = json.RootElement;
            bool isRtcp = packet.GetProperty("kind").GetString() == "rtcp";

            yield return new(
                packet.GetProperty("session").GetString()!,
                packet.GetProperty("dir").GetString() == "c2s",
                isRtcp,
                packet.GetProperty(isRtcp ? "index" : "roc").GetUInt32(),
                Convert.FromHexString(packet.GetProperty("protected").GetString()!),
                Convert.FromHexString(packet.GetProperty("plain").GetString()!));
        }
    }

    private static string FindDirectory()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);

        while (!File.Exists(Path.Combine(directory.FullName, "Plugin.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("Plugin.sln is in no parent folder.");
        }

        return Path.Combine(directory.FullName, "tests", "fixtures", "packets");
    }
}
