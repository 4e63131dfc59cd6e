using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>A sender report (SR, RFC 3550 section 6.4.1).</summary>
internal readonly ref struct SenderReport
{
    /// <summary>Of a report without blocks, in bytes.</summary>
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _body;
    private readonly int _reportCount;

    private SenderReport(ReadOnlySpan<byte> body, int reportCount)
    {
        _body = body;
        _reportCount = reportCount;
    }

    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    /// <summary>Seconds since 1900 in the upper, fraction in the lower 32 bits.</summary>
    public ulong NtpTimestamp => BinaryPrimitives.ReadUInt64BigEndian(_body[4..]);

    /// <summary>The same instant on the stream's own clock.</summary>
    public uint RtpTimestamp => BinaryPrimitives.ReadUInt32BigEndian(_body[12..]);

    public uint PacketCount => BinaryPrimitives.ReadUInt32BigEndian(_body[16..]);

    /// <summary>Payload bytes, without headers and padding.</summary>
    public uint OctetCount => BinaryPrimitives.ReadUInt32BigEndian(_body[20..]);

    public ReportBlocks Reports => new(_body.Slice(24, _reportCount * ReportBlock.Length));

    public static bool TryParse(RtcpPacketView packet, out SenderReport report)
    {
        bool fits = packet.Type == RtcpPacketType.SenderReport
            && packet.Body.Length >= 24 + (packet.Count * ReportBlock.Length);
        report = fits ? new(packet.Body, packet.Count) : default;
        return fits;
    }

    /// <summary>Writes a report without blocks: <see cref="Length"/> bytes.</summary>
    public static int Write(Span<byte> destination, uint ssrc, ulong ntpTimestamp, uint rtpTimestamp, uint packetCount, uint octetCount)
    {
        RtcpWriter.WriteHeader(destination, RtcpPacketType.SenderReport, 0, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], ntpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], rtpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], packetCount);
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], octetCount);
        return Length;
    }
}
