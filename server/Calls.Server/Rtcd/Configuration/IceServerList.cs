using System.Text.Json;

namespace Calls.Server.Rtcd.Configuration;

/// <summary>The forms in which STUN and TURN servers are given (rtcd.md 11).</summary>
internal static class IceServerList
{
    /// <summary>An array of objects, one entry each; an array of strings is ONE entry, as the reference reads it.</summary>
    public static bool TryParseJson(string text, out IReadOnlyList<RtcdIceServer> servers)
    {
        servers = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                return false;
            }

            JsonElement[] items = [.. document.RootElement.EnumerateArray()];
            if (items.Length > 0 && items.All(static item => item.ValueKind == JsonValueKind.String))
            {
                servers = [new([.. items.Select(static item => item.GetString()!)])];
                return true;
            }

            if (!items.All(static item => item.ValueKind == JsonValueKind.Object))
            {
                return false;
            }

            servers = [.. items.Select(FromJson)];
            return true;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>An array of tables or of strings, one entry each.</summary>
    public static bool TryConvert(TomlValue value, out IReadOnlyList<RtcdIceServer> servers)
    {
        servers = [];
        if (value.Value is not List<TomlValue> items)
        {
            return false;
        }

        var read = new List<RtcdIceServer>();
        foreach (TomlValue item in items)
        {
            if (item.Value is string url)
            {
                read.Add(new([url]));
            }
            else if (item.Value is Dictionary<string, TomlValue> table
                && (!table.TryGetValue("urls", out TomlValue? urls) || urls.Value is List<TomlValue>))
            {
                read.Add(new(
                    [.. (urls?.Value as List<TomlValue> ?? []).Select(static entry => entry.Value as string ?? "")],
                    Text(table, "username"),
                    Text(table, "credential")));
            }
            else
            {
                return false;
            }
        }

        servers = read;
        return true;
    }

    private static RtcdIceServer FromJson(JsonElement item) => new(
        item.TryGetProperty("urls", out JsonElement urls) ? [.. urls.EnumerateArray().Select(static url => url.GetString() ?? "")] : [],
        Text(item, "username"),
        Text(item, "credential"));

    private static string Text(JsonElement item, string key) => item.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? "" : "";

    private static string Text(Dictionary<string, TomlValue> table, string key) => table.TryGetValue(key, out TomlValue? value) ? value.Value as string ?? "" : "";
}
