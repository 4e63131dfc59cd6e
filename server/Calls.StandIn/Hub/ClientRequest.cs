using System.Text.Json;

namespace Calls.StandIn.Hub;

/// <summary>A decoded client frame; absent keys have their zero value.</summary>
internal sealed record ClientRequest(string Action, long Seq, IReadOnlyDictionary<string, object?>? Data)
{
    /// <summary>A string value of <c>data</c>, or <c>null</c>.</summary>
    public string? Text(string key) => Data is not null && Data.TryGetValue(key, out object? value) ? value as string : null;

    public bool? Flag(string key) => Data is not null && Data.TryGetValue(key, out object? value) ? value as bool? : null;

    /// <summary>Plain values of a JSON tree: string, long, double, bool, <c>null</c>, list, dictionary.</summary>
    public static object? FromJson(JsonElement element)
    {
        return element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.TryGetInt64(out long integer) ? integer : element.GetDouble(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Array => element.EnumerateArray().Select(FromJson).ToList(),
            JsonValueKind.Object => ToDictionary(element),
            _ => null,
        };
    }

    /// <summary>A later duplicate of a key wins.</summary>
    public static Dictionary<string, object?> ToDictionary(JsonElement element)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            result[property.Name] = FromJson(property.Value);
        }

        return result;
    }
}
