using System.Buffers;
using System.Text.Json;

namespace Calls.Rtc.Sessions;

/// <summary>The JSON <c>{"type":"offer"|"answer","sdp":"..."}</c> in which descriptions travel (media.md 3.1).</summary>
internal readonly record struct SessionDescriptionMessage(bool IsOffer, string Sdp)
{
    /// <summary>Largest JSON text taken over the WebSocket, in bytes: what the plugin inflates (media.md 3.1, 9.7).</summary>
    public const int MaxWebSocketLengthBytes = 64 * 1024;

    /// <summary>Largest JSON text taken, in bytes: what a client may send after inflation (media.md 3.1).</summary>
    private const int MaxLengthBytes = 256 * 1024;

    /// <summary>Reads a client's description. <c>false</c>: not such an object, or a type other than offer and answer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out SessionDescriptionMessage message)
    {
        message = default;
        if (json.Length > MaxLengthBytes)
        {
            return false;
        }

        string? type = null;
        string? sdp = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isType = reader.ValueTextEquals("type"u8);
                bool isSdp = reader.ValueTextEquals("sdp"u8);
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && (isType || isSdp))
                {
                    string value = reader.GetString()!;
                    (type, sdp) = isType ? (value, sdp) : (type, value);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false; // Utf8JsonReader reports bad JSON and bad UTF-8 only by throwing
        }

        if (sdp is null || type is not ("offer" or "answer"))
        {
            return false;
        }

        message = new(type == "offer", sdp);
        return true;
    }

    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(Sdp.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, IsOffer ? "offer"u8 : "answer"u8);
            writer.WriteString("sdp"u8, Sdp);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
