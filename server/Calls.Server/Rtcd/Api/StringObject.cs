using System.Text.Json;

namespace Calls.Server.Rtcd.Api;

/// <summary>The one shape of request that rtcd takes: a JSON object of strings. Bytes after it are ignored (rtcd.md 2).</summary>
internal static class StringObject
{
    /// <returns>What is wrong, as an error text; <c>null</c> = read.</returns>
    public static string? TryRead(ReadOnlySpan<byte> json, out IReadOnlyDictionary<string, string> values)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        values = read;
        try
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: true, state: default);
            if (!reader.Read())
            {
                return "EOF";
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return "json: cannot unmarshal value into Go value of type map[string]string";
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                {
                    return $"json: cannot unmarshal {NameOf(reader.TokenType)} into Go value of type string";
                }

                read[name] = reader.GetString() ?? "";
            }

            return null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return json.Trim(" \r\n\t"u8).IsEmpty ? "EOF" : "invalid JSON";
        }
    }

    private static string NameOf(JsonTokenType type) => type switch
    {
        JsonTokenType.Number => "number",
        JsonTokenType.True or JsonTokenType.False => "bool",
        JsonTokenType.StartArray => "array",
        _ => "object",
    };
}
