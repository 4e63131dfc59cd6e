using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>A receiver report (RR, RFC 3550 section 6.4.2).</summary>
internal readonly ref struct ReceiverReport
{
    /// <summary>The count field has five bits.</summary>
    public const int MaxReports = 31;

    private const int FixedLength = 8;

    private readonly ReadOnlySpan<byte> _body;
    private readonly int _reportCount;

    private ReceiverReport(ReadOnlySpan<byte> body, int reportCount)
    {
        _body = body;
        _reportCount = reportCount;
    }

    public uint SenderSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    public ReportBlocks Reports => new(_body.Slice(4, _reportCount * ReportBlock.Length));

    public static bool TryParse(RtcpPacketView packet, out ReceiverReport report)
    {
        bool fits = packet.Type == RtcpPacketType.ReceiverReport
            && packet.Body.Length >= 4 + (packet.Count * ReportBlock.Length);
        report = fits ? new(packet.Body, packet.Count) : default;
        return fits;
    }

    /// <param name="destination">At least 8 bytes and 24 per report.</param>
    /// <param name="reports">At most <see cref="MaxReports"/>.</param>
    public static int Write(Span<byte> destination, uint senderSsrc, ReadOnlySpan<ReportBlock> reports)
    {
        int length = FixedLength + (reports.Length * ReportBlock.Length);
        RtcpWriter.WriteHeader(destination, RtcpPacketType.ReceiverReport, reports.Length, length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        for (int i = 0; i < reports.Length; i++)
        {
            reports[i].Write(destination[(FixedLength + (i * ReportBlock.Length))..]);
        }

        return length;
    }
}
