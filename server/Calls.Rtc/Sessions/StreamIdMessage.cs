using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Calls.Rtc.Sessions;

/// <summary>The JSON <c>{"screenStreamID":"..."}</c> or <c>{"videoStreamID":"..."}</c> (media.md 4.1).</summary>
internal static class StreamIdMessage
{
    private const int MaxLengthBytes = 1024;

    /// <summary>Reads the non-empty text under <paramref name="key"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, [NotNullWhen(true)] out string? streamId)
    {
        streamId = null;
        if (json.Length > MaxLengthBytes)
        {
            return false;
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isKey = reader.ValueTextEquals(key);
                reader.Read();
                if (isKey)
                {
                    streamId = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    return !string.IsNullOrEmpty(streamId);
                }

                reader.Skip();
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false; // Utf8JsonReader reports bad JSON and bad UTF-8 only by throwing
        }

        return false;
    }
}
