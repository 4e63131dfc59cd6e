using System.Text.Json;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Forgiving access to answers of Mattermost: what is missing reads as empty.</summary>
internal static class JsonReading
{
    public static string Text(this JsonElement element, string name)
    {
        try
        {
            return Find(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: JSON, but no text.
            return "";
        }
    }

    public static long Number(this JsonElement element, string name) =>
        Find(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number) ? number : 0;

    public static bool Flag(this JsonElement element, string name) => Find(element, name) is { ValueKind: JsonValueKind.True };

    public static JsonElement Member(this JsonElement element, string name) => Find(element, name) ?? default;

    /// <summary>The items of an array; none for anything else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    /// <summary>The words of a string that separates them by spaces.</summary>
    public static string[] Words(this JsonElement element, string name) =>
        element.Text(name).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static JsonElement? Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;
}
