using System.Text;
using System.Text.Json;
using Calls.MessagePack;

namespace Calls.StandIn.Hub;

/// <summary>Decodes client frames as the stock server does: text is JSON, binary is MessagePack, whatever the action (signaling.md 1.6).</summary>
internal static class FrameDecoder
{
    private const int MaxDepth = 64;

    /// <summary>Returns false for input that makes the stock server close the socket.</summary>
    public static bool TryDecode(FrameKind kind, ReadOnlySpan<byte> payload, out ClientRequest? request)
    {
        request = kind == FrameKind.Text ? DecodeJson(payload) : DecodeMessagePack(payload);
        return request is not null;
    }

    // Keys match without regard to case, the last duplicate wins, null leaves a field at its zero value,
    // and only the first JSON value of the frame is read.
    private static ClientRequest? DecodeJson(ReadOnlySpan<byte> payload)
    {
        // Invalid UTF-8 inside strings is replaced, not refused.
        byte[] text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(payload));
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { AllowMultipleValues = true });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Null)
            {
                return new ClientRequest("", 0, null);
            }

            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            string action = "";
            long seq = 0;
            IReadOnlyDictionary<string, object?>? data = null;
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.Null)
                {
                    continue;
                }

                if (property.Name.Equals("action", StringComparison.OrdinalIgnoreCase))
                {
                    if (property.Value.ValueKind != JsonValueKind.String)
                    {
                        return null;
                    }

                    action = property.Value.GetString()!;
                }
                else if (property.Name.Equals("seq", StringComparison.OrdinalIgnoreCase))
                {
                    // A fraction or an exponent is not an integer, whatever its value.
                    if (property.Value.ValueKind != JsonValueKind.Number || !long.TryParse(property.Value.GetRawText(), out seq))
                    {
                        return null;
                    }
                }
                else if (property.Name.Equals("data", StringComparison.OrdinalIgnoreCase))
                {
                    if (property.Value.ValueKind != JsonValueKind.Object)
                    {
                        return null;
                    }

                    data = ClientRequest.ToDictionary(property.Value);
                }
            }

            return new ClientRequest(action, seq, data);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with an unpaired surrogate escape.
            return null;
        }
    }

    private static ClientRequest? DecodeMessagePack(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        if (!MessagePackValue.TryRead(ref reader, MaxDepth, out object? value))
        {
            return null;
        }

        if (value is null)
        {
            return new ClientRequest("", 0, null);
        }

        if (value is not IReadOnlyDictionary<string, object?> map)
        {
            return null;
        }

        string action = "";
        long seq = 0;
        IReadOnlyDictionary<string, object?>? data = null;
        if (map.TryGetValue("action", out object? actionValue) && actionValue is not null)
        {
            if (actionValue is not string name)
            {
                return null;
            }

            action = name;
        }

        if (map.TryGetValue("seq", out object? seqValue) && seqValue is not null)
        {
            if (seqValue is not long number)
            {
                return null;
            }

            seq = number;
        }

        if (map.TryGetValue("data", out object? dataValue) && dataValue is not null)
        {
            data = dataValue as IReadOnlyDictionary<string, object?>;
            if (data is null)
            {
                return null;
            }
        }

        return new ClientRequest(action, seq, data);
    }
}
