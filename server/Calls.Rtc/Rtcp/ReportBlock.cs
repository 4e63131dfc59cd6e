using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>What a receiver says about one source (RFC 3550 section 6.4.1).</summary>
/// <param name="FractionLost">Of the packets expected since the last report, in 1/256.</param>
/// <param name="CumulativeLost">24 bits signed on the wire; duplicates make it negative.</param>
/// <param name="HighestSequence">Cycles in the upper 16 bits.</param>
/// <param name="Jitter">In ticks of the codec's clock.</param>
/// <param name="LastSenderReport">Middle 32 bits of the NTP time of the last sender report, 0 if none came.</param>
/// <param name="DelaySinceLastSenderReport">In 1/65536 s.</param>
internal readonly record struct ReportBlock(
    uint Ssrc,
    byte FractionLost,
    int CumulativeLost,
    uint HighestSequence,
    uint Jitter,
    uint LastSenderReport,
    uint DelaySinceLastSenderReport)
{
    public const int Length = 24;

    public const int MaxCumulativeLost = 0x7F_FFFF;
    public const int MinCumulativeLost = -0x80_0000;

    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    public static ReportBlock Read(ReadOnlySpan<byte> source)
    {
        uint lost = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        return new(
            BinaryPrimitives.ReadUInt32BigEndian(source),
            (byte)(lost >> 24),
            (int)(lost << 8) >> 8,
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[20..]));
    }

    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        uint lost = (uint)Math.Clamp(CumulativeLost, MinCumulativeLost, MaxCumulativeLost) & 0xFF_FFFF;
        BinaryPrimitives.WriteUInt32BigEndian(destination, Ssrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ((uint)FractionLost << 24) | lost);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], HighestSequence);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], LastSenderReport);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], DelaySinceLastSenderReport);
    }
}
