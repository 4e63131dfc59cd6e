using System.Buffers;
using System.Text.Json;

namespace Calls.Rtc.Client;

/// <summary>What signaling carries as JSON: descriptions both ways, candidates from the server (media.md 3.1, 1.7).</summary>
internal static class SignalMessage
{
    /// <summary><c>{"type":"offer"|"answer","sdp":"..."}</c></summary>
    public static byte[] WriteDescription(bool isOffer, string sdp)
    {
        var buffer = new ArrayBufferWriter<byte>(sdp.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, isOffer ? "offer"u8 : "answer"u8);
            writer.WriteString("sdp"u8, sdp);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a message of the server.</summary>
    /// <param name="text">The SDP of an offer or answer, or a candidate's line.</param>
    public static bool TryParse(ReadOnlyMemory<byte> json, out SignalMessageKind kind, out string text)
    {
        (kind, text) = (default, "");
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("type"u8, out JsonElement type))
            {
                return false;
            }

            if (type.ValueEquals("candidate"u8))
            {
                kind = SignalMessageKind.Candidate;
                return root.TryGetProperty("candidate"u8, out JsonElement candidate)
                    && candidate.ValueKind == JsonValueKind.Object
                    && TryGetText(candidate, "candidate"u8, out text);
            }

            kind = type.ValueEquals("offer"u8) ? SignalMessageKind.Offer : SignalMessageKind.Answer;
            return (kind == SignalMessageKind.Offer || type.ValueEquals("answer"u8)) && TryGetText(root, "sdp"u8, out text);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false; // JsonDocument reports bad JSON and bad UTF-8 only by throwing
        }
    }

    private static bool TryGetText(JsonElement element, ReadOnlySpan<byte> name, out string text)
    {
        bool isText = element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String;
        text = isText ? value.GetString()! : "";
        return isText;
    }
}
