using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Calls.Rtc.Sessions;

/// <summary>One text of a small JSON object that a client sent.</summary>
internal static class TopLevelText
{
    /// <summary>Reads the first member named <paramref name="key"/>.</summary>
    /// <param name="maxLengthBytes">Longer JSON is not looked at.</param>
    /// <returns><c>false</c>: no JSON object up to there, no such member, or its value is no text.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, int maxLengthBytes, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (json.Length > maxLengthBytes)
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
                    text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    return text is not null;
                }

                reader.Skip();
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // Utf8JsonReader reports bad JSON and bad UTF-8 only by throwing
        }

        return false;
    }
}
