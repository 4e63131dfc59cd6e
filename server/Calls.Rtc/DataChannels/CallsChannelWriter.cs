using System.Buffers;
using Calls.MessagePack;

namespace Calls.Rtc.DataChannels;

/// <summary>Encodes messages of <c>calls-dc</c>, byte for byte as the reference and the clients do (media.md 5.2).</summary>
/// <param name="output">Receives one message per call.</param>
/// <param name="isServer">A server writes the type as <c>CC nn</c>, a client as <c>nn</c>.</param>
public readonly ref struct CallsChannelWriter(IBufferWriter<byte> output, bool isServer)
{
    /// <summary>A message without payload: ping, pong, a lock request, unlock.</summary>
    public void Write(CallsChannelMessageType type) => WriteType(type);

    public void WriteSdp(ReadOnlySpan<byte> json) => WriteType(CallsChannelMessageType.Sdp).WriteBinary(CompressedSdp.Deflate(json));

    public void WriteLockReply(bool isGranted) => WriteType(CallsChannelMessageType.Lock).WriteBoolean(isGranted);

    /// <summary>Loss rate (0 to 1), round-trip time or jitter (seconds).</summary>
    public void WriteMetric(CallsChannelMessageType type, double value) => WriteType(type).WriteDouble(value);

    /// <summary>All sections with a bound track; none is an empty map.</summary>
    public void WriteMediaMap(IReadOnlyCollection<KeyValuePair<string, MediaMapEntry>> sections)
    {
        MessagePackWriter writer = WriteType(CallsChannelMessageType.MediaMap);
        writer.WriteMapHeader(sections.Count);
        foreach ((string mid, MediaMapEntry entry) in sections)
        {
            writer.WriteString(mid);
            writer.WriteMapHeader(2);
            writer.WriteUtf8("type"u8);
            writer.WriteString(entry.Type);
            writer.WriteUtf8("sender_id"u8);
            writer.WriteString(entry.SenderId);
        }
    }

    private MessagePackWriter WriteType(CallsChannelMessageType type)
    {
        var writer = new MessagePackWriter(output);
        if (isServer)
        {
            writer.WriteUInt8((byte)type);
        }
        else
        {
            writer.WriteInteger((byte)type);
        }

        return writer;
    }
}
