using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Relay;

/// <summary>An event of ours, encoded once for all sockets but for its number.</summary>
internal sealed class InjectedEvent
{
    private readonly byte[] _head;

    public InjectedEvent(WireEvent wireEvent)
    {
        Target = wireEvent.Target;
        IsDroppable = wireEvent.IsDroppable;
        _head = Encode(wireEvent);
    }

    public EventTarget Target { get; }

    public bool IsDroppable { get; }

    /// <summary>The channel whose members alone may get it; none if it is addressed to a connection or a user.</summary>
    public ChannelId? MembersOf => Target.Connection is null && Target.User is null ? Target.Channel : null;

    /// <summary>The frame with its number.</summary>
    public byte[] ToFrame(long seq)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(seq, digits, out int written);
        byte[] frame = new byte[_head.Length + written + 1];
        _head.CopyTo(frame, 0);
        digits[..written].CopyTo(frame.AsSpan(_head.Length));
        frame[^1] = (byte)'}';
        return frame;
    }

    // All six broadcast keys are always present: the Go client dereferences the object (mattermost-integration.md 3.5).
    private static byte[] Encode(WireEvent wireEvent)
    {
        EventTarget target = wireEvent.Target;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("event"u8, CallsProtocol.Prefix + wireEvent.Name);
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(Data(wireEvent.Data), skipInputValidation: true);
            writer.WriteStartObject("broadcast"u8);
            if (target.OmitUsers.Count == 0)
            {
                writer.WriteNull("omit_users"u8);
            }
            else
            {
                writer.WriteStartObject("omit_users"u8);
                foreach (UserId user in target.OmitUsers)
                {
                    writer.WriteBoolean(user.Value, true);
                }

                writer.WriteEndObject();
            }

            writer.WriteString("user_id"u8, target.User?.Value ?? "");
            writer.WriteString("channel_id"u8, target.Channel?.Value ?? "");
            writer.WriteString("team_id"u8, "");
            writer.WriteString("connection_id"u8, target.Connection?.Value ?? "");
            writer.WriteString("omit_connection_id"u8, target.OmitConnection?.Value ?? "");
            writer.WriteEndObject();
            writer.Flush();
        }

        return [.. buffer.WrittenSpan, .. ",\"seq\":"u8];
    }

    private static ReadOnlySpan<byte> Data(JsonElement data) =>
        data.ValueKind == JsonValueKind.Undefined ? "{}"u8 : JsonMarshal.GetRawUtf8Value(data);
}
