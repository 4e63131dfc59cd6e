using System.Buffers.Binary;

namespace Calls.Rtc.Rtp;

/// <summary>Retransmissions as a stream of their own (RFC 4588 section 4): the payload begins with the original's sequence number.</summary>
internal static class RtxPacket
{
    /// <summary>The original sequence number (OSN) before the payload.</summary>
    public const int OriginalNumberLength = 2;

    /// <summary>Most bytes that <see cref="Write"/> needs beyond the original's payload.</summary>
    public const int MaxOverhead = RtpWriter.MaxHeaderLength + OriginalNumberLength;

    /// <summary>Writes a retransmission of a packet sent before.</summary>
    /// <param name="header">SSRC, payload type, number and extensions of the retransmission stream; marker and timestamp are the original's.</param>
    /// <returns>Length of the packet in bytes.</returns>
    public static int Write(Span<byte> destination, in OutboundRtpHeader header, in SentPacket original)
    {
        int offset = RtpWriter.WriteHeader(destination, header with
        {
            HasMarker = (original.Header[1] & 0x80) != 0,
            Timestamp = BinaryPrimitives.ReadUInt32BigEndian(original.Header[4..]),
        });
        BinaryPrimitives.WriteUInt16BigEndian(destination[offset..], (ushort)original.Sequence);
        offset += OriginalNumberLength;
        original.CopyPayloadTo(destination[offset..]);
        return offset + original.PayloadLength;
    }

    /// <summary>Turns a retransmission back into the packet it repeats, in place.</summary>
    /// <param name="packet">Plain; <paramref name="original"/> is made of its bytes.</param>
    /// <param name="ssrc">Of the stream that it repeats.</param>
    /// <param name="payloadType">That the retransmission's payload type stands for (<c>apt</c>).</param>
    /// <param name="original">Has the header extensions of the retransmission: they belong to it, not to the original.</param>
    /// <returns><c>false</c>: no RTP, or nothing in it: padding that probes the path.</returns>
    public static bool TryUnwrap(Span<byte> packet, uint ssrc, byte payloadType, out RtpPacketView original)
    {
        original = default;
        if (!RtpPacketView.TryParse(packet, out RtpPacketView view) || view.Payload.Length < OriginalNumberLength)
        {
            return false;
        }

        ushort number = BinaryPrimitives.ReadUInt16BigEndian(view.Payload);
        int headerLength = view.HeaderLength;
        packet[..headerLength].CopyTo(packet[OriginalNumberLength..]);
        packet = packet[OriginalNumberLength..];
        packet[1] = (byte)((packet[1] & 0x80) | payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], number);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], ssrc);
        return RtpPacketView.TryParse(packet, out original);
    }
}
