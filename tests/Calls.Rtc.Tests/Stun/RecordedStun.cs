using System.Text.Json;

namespace Calls.Rtc.Tests.Stun;

/// <summary>The STUN datagrams of tests/fixtures/packets with the passwords that protect them.</summary>
internal sealed record RecordedStun(string Capture, bool FromBrowser, bool IsRequest, string BrowserUfrag, string SfuUfrag, string Password, byte[] Datagram)
{
    public static IReadOnlyList<RecordedStun> All { get; } = Load();

    private static List<RecordedStun> Load()
    {
        var recorded = new List<RecordedStun>();
        foreach (string path in Directory.GetFiles(PacketsFolder(), "*.keys.json").Order(StringComparer.Ordinal))
        {
            string capture = Path.GetFileName(path)[..^".keys.json".Length];
            using var keys = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement sessions = keys.RootElement.GetProperty("sessions");
            foreach (string line in File.ReadLines(Path.Combine(PacketsFolder(), capture + ".hex")))
            {
                string[] fields = line.Split(' ');
                if (line.StartsWith('#') || !fields[3].StartsWith("stun-", StringComparison.Ordinal))
                {
                    continue;
                }

                JsonElement ice = sessions.GetProperty(fields[1]).GetProperty("ice");
                bool fromBrowser = fields[2] == "c2s";
                bool isRequest = fields[3] == "stun-request";
                // A check and its answer are keyed with the password of the side that receives the check.
                string keyOwner = fromBrowser == isRequest ? "sfu" : "browser";
                recorded.Add(new(
                    capture,
                    fromBrowser,
                    isRequest,
                    ice.GetProperty("browser").GetProperty("ufrag").GetString()!,
                    ice.GetProperty("sfu").GetProperty("ufrag").GetString()!,
                    ice.GetProperty(keyOwner).GetProperty("pwd").GetString()!,
                    Convert.FromHexString(fields[4])));
            }
        }

        return recorded;
    }

    private static string PacketsFolder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Plugin.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "fixtures", "packets");
    }
}
