using System.Text.Json;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>Recorded descriptions and negotiations of both browsers.</summary>
internal static class SdpFixtures
{
    private static readonly string Root = FindRoot();

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(Root, "sdp"), "*.sdp").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public static string Read(string name) => File.ReadAllText(Path.Combine(Root, "sdp", name));

    public static IEnumerable<JsonElement> ReadIndex() =>
        File.ReadLines(Path.Combine(Root, "sdp", "index.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);

    public static IEnumerable<string> TranscriptNames() =>
        Directory.EnumerateFiles(Path.Combine(Root, "transcripts"), "*.jsonl").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>All lines of one transcript.</summary>
    public static IEnumerable<string> ReadLines(string transcript) => File.ReadLines(Path.Combine(Root, "transcripts", transcript));

    /// <summary>Offers and answers of one transcript in time order.</summary>
    public static IEnumerable<RecordedDescription> ReadTranscript(string name)
    {
        int line = 0;
        foreach (string text in File.ReadLines(Path.Combine(Root, "transcripts", name)))
        {
            line++;
            JsonElement entry = JsonDocument.Parse(text).RootElement;
            string type = entry.GetProperty("type").GetString()!;
            if (type is "offer" or "answer")
            {
                JsonElement payload = entry.GetProperty("payload");
                JsonElement description = payload.TryGetProperty("json", out JsonElement inner) ? inner : payload;
                yield return new(
                    line,
                    entry.GetProperty("session").GetString()!,
                    entry.GetProperty("dir").GetString() == "c2s",
                    type == "offer",
                    description.GetProperty("sdp").GetString()!);
            }
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Plugin.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory!.FullName, "tests", "fixtures");
    }
}
