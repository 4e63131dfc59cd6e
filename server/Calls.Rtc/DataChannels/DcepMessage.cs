using System.Buffers.Binary;

namespace Calls.Rtc.DataChannels;

/// <summary>DATA_CHANNEL_OPEN and DATA_CHANNEL_ACK (RFC 8832, section 5).</summary>
internal static class DcepMessage
{
    private const byte AckType = 2;
    private const byte OpenType = 3;
    private const int OpenFixedLength = 12;

    /// <summary>Reliable and ordered.</summary>
    private const byte ReliableType = 0;

    /// <summary>"Normal" (RFC 8831, section 6.4), as Chromium writes it.</summary>
    private const ushort Priority = 256;

    public static ReadOnlySpan<byte> Ack => [AckType];

    /// <summary>One octet; the reference's has three more.</summary>
    public static bool IsAck(ReadOnlySpan<byte> message) => message.Length >= 1 && message[0] == AckType;

    /// <summary>Reads a DATA_CHANNEL_OPEN. Channel type and priority do not matter: we answer reliably and in order.</summary>
    /// <param name="label">The channel's name; not checked to be UTF-8.</param>
    public static bool TryParseOpen(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> label)
    {
        label = default;
        if (message.Length < OpenFixedLength || message[0] != OpenType)
        {
            return false;
        }

        int labelLength = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        int protocolLength = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        if (OpenFixedLength + labelLength + protocolLength > message.Length)
        {
            return false;
        }

        label = message.Slice(OpenFixedLength, labelLength);
        return true;
    }

    /// <summary>Writes a DATA_CHANNEL_OPEN for a reliable, ordered channel without a protocol.</summary>
    /// <param name="destination">Twelve bytes more than <paramref name="label"/>.</param>
    /// <returns>The length written.</returns>
    public static int WriteOpen(Span<byte> destination, ReadOnlySpan<byte> label)
    {
        destination[..OpenFixedLength].Clear();
        destination[0] = OpenType;
        destination[1] = ReliableType;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Priority);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], (ushort)label.Length);
        label.CopyTo(destination[OpenFixedLength..]);
        return OpenFixedLength + label.Length;
    }
}
