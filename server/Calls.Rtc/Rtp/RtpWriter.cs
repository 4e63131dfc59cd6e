using System.Buffers.Binary;

namespace Calls.Rtc.Rtp;

/// <summary>Writes the packets that subscribers get (media.md 4.5).</summary>
internal static class RtpWriter
{
    /// <summary>Most bytes that <see cref="Rewrite(in RtpPacketView, Span{byte}, in OutboundRtpHeader)"/> writes beyond the length of its source: a whole two-byte-form block.</summary>
    public const int MaxGrowth = 4 + 8;

    /// <summary>Most bytes that <see cref="Write"/> puts before the payload.</summary>
    public const int MaxHeaderLength = RtpPacketView.FixedHeaderLength + MaxGrowth;

    /// <summary>
    /// Writes <paramref name="source"/> with the numbers and extensions of <paramref name="header"/>. CSRCs and payload are
    /// kept, padding and the publisher's extension block are not: their ids mean something else to the subscriber.
    /// </summary>
    /// <param name="destination">At least the source's length plus <see cref="MaxGrowth"/>; must not overlap the source.</param>
    /// <returns>Length of the packet in bytes.</returns>
    public static int Rewrite(in RtpPacketView source, Span<byte> destination, in OutboundRtpHeader header) =>
        Rewrite(source, source.Payload, destination, header);

    /// <summary>The same with another payload, no longer than the source's.</summary>
    public static int Rewrite(in RtpPacketView source, ReadOnlySpan<byte> payload, Span<byte> destination, in OutboundRtpHeader header)
    {
        ReadOnlySpan<byte> csrcs = source.Csrcs;
        WriteFixedHeader(destination, csrcs.Length / 4, header);
        csrcs.CopyTo(destination[RtpPacketView.FixedHeaderLength..]);

        int offset = RtpPacketView.FixedHeaderLength + csrcs.Length;
        int blockLength = WriteExtensionBlock(destination[offset..], header);
        if (blockLength > 0)
        {
            destination[0] |= 0x10;
            offset += blockLength;
        }

        payload.CopyTo(destination[offset..]);
        return offset + payload.Length;
    }

    /// <summary>Writes a packet of our own.</summary>
    /// <param name="destination">At least <paramref name="payload"/> and <see cref="MaxHeaderLength"/>.</param>
    /// <returns>Length of the packet in bytes.</returns>
    public static int Write(Span<byte> destination, in OutboundRtpHeader header, ReadOnlySpan<byte> payload)
    {
        int offset = WriteHeader(destination, header);
        payload.CopyTo(destination[offset..]);
        return offset + payload.Length;
    }

    /// <summary>Writes the header of a packet of our own.</summary>
    /// <param name="destination">At least <see cref="MaxHeaderLength"/>.</param>
    /// <returns>Where the payload begins.</returns>
    public static int WriteHeader(Span<byte> destination, in OutboundRtpHeader header)
    {
        WriteFixedHeader(destination, csrcCount: 0, header);
        int blockLength = WriteExtensionBlock(destination[RtpPacketView.FixedHeaderLength..], header);
        destination[0] |= (byte)(blockLength > 0 ? 0x10 : 0);
        return RtpPacketView.FixedHeaderLength + blockLength;
    }

    /// <summary>Numbers a packet of this writer's once more, as it leaves later than it was written.</summary>
    /// <param name="packet">Written with a transport-wide number and without an audio level.</param>
    public static void SetTransportSequenceNumber(Span<byte> packet, RtpExtensionIds extensionIds, ushort number)
    {
        int block = RtpPacketView.FixedHeaderLength + ((packet[0] & 0x0F) * 4) + 4;
        BinaryPrimitives.WriteUInt16BigEndian(packet[(block + (IsTwoByte(extensionIds) ? 2 : 1))..], number);
    }

    /// <summary>Writes a packet of padding alone (RFC 3550, section 5.1).</summary>
    /// <param name="paddingBytes">1 to 255.</param>
    /// <returns>Length of the packet in bytes.</returns>
    public static int WritePadding(Span<byte> destination, in OutboundRtpHeader header, byte paddingBytes)
    {
        int offset = WriteHeader(destination, header);
        destination[0] |= 0x20;
        destination.Slice(offset, paddingBytes).Clear();
        destination[offset + paddingBytes - 1] = paddingBytes;
        return offset + paddingBytes;
    }

    private static void WriteFixedHeader(Span<byte> destination, int csrcCount, in OutboundRtpHeader header)
    {
        destination[0] = (byte)(0x80 | csrcCount);
        destination[1] = (byte)(header.PayloadType | (header.HasMarker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], header.SequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], header.Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], header.Ssrc);
    }

    private static int WriteExtensionBlock(Span<byte> destination, in OutboundRtpHeader header)
    {
        bool hasLevel = header.AudioLevel is not null && header.ExtensionIds.AudioLevel != 0;
        bool hasTransportCc = header.ExtensionIds.TransportCc != 0;
        if (!hasLevel && !hasTransportCc)
        {
            return 0;
        }

        bool isTwoByte = IsTwoByte(header.ExtensionIds);
        BinaryPrimitives.WriteUInt16BigEndian(destination, isTwoByte ? (ushort)0x1000 : (ushort)0xBEDE);

        int offset = 4;
        if (hasLevel)
        {
            offset += WriteElementHeader(destination[offset..], header.ExtensionIds.AudioLevel, 1, isTwoByte);
            destination[offset++] = header.AudioLevel.GetValueOrDefault();
        }

        if (hasTransportCc)
        {
            offset += WriteElementHeader(destination[offset..], header.ExtensionIds.TransportCc, 2, isTwoByte);
            BinaryPrimitives.WriteUInt16BigEndian(destination[offset..], header.TransportSequenceNumber);
            offset += 2;
        }

        while (offset % 4 != 0)
        {
            destination[offset++] = 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)((offset - 4) / 4));
        return offset;
    }

    // Ids from 15 on only exist in the two-byte form (RFC 8285, section 4.3).
    private static bool IsTwoByte(RtpExtensionIds ids) => ids.AudioLevel > 14 || ids.TransportCc > 14;

    private static int WriteElementHeader(Span<byte> destination, byte id, int length, bool isTwoByte)
    {
        if (isTwoByte)
        {
            destination[0] = id;
            destination[1] = (byte)length;
            return 2;
        }

        destination[0] = (byte)((id << 4) | (length - 1));
        return 1;
    }
}
