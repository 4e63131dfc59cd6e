using System.Text.Json;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Reads JSON as the values of <see cref="Signaling.ClientData"/>.</summary>
internal static class JsonValue
{
    /// <summary>
    /// Reads one value as <c>null</c>, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, list or
    /// dictionary; of equal keys the last one counts.
    /// </summary>
    /// <returns><c>false</c> for malformed input and for more than <paramref name="maxDepth"/> containers in each other.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, int maxDepth, out object? value)
    {
        value = null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            if (!reader.Read())
            {
                return false;
            }

            value = ReadAny(ref reader);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            value = null;
            return false;
        }
    }

    // The reader's depth limit bounds the recursion.
    private static object? ReadAny(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number:
                return reader.TryGetInt64(out long integer) ? (object)integer : reader.GetDouble();
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            case JsonTokenType.StartArray:
                var list = new List<object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(ReadAny(ref reader));
                }

                return list;
            case JsonTokenType.StartObject:
                var map = new Dictionary<string, object?>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string key = reader.GetString()!;
                    reader.Read();
                    map[key] = ReadAny(ref reader);
                }

                return map;
            default:
                return null;
        }
    }
}
