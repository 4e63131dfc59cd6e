namespace Calls.Rtc.Rtp;

/// <summary>A packet as it was first sent, put together from where its parts are kept. Valid until the next packet is kept.</summary>
/// <param name="head">From the RTP header to the part of the payload that belongs to this receiver alone.</param>
/// <param name="headerLength">Bytes of <paramref name="head"/> before the payload.</param>
/// <param name="tail">The rest of the payload.</param>
internal readonly ref struct SentPacket(long sequence, ReadOnlySpan<byte> head, int headerLength, ReadOnlySpan<byte> tail)
{
    /// <summary>Extended: the bits above the lowest 16 are the rollover counter.</summary>
    public long Sequence { get; } = sequence;

    public int Length => Head.Length + Tail.Length;

    public int PayloadLength => Length - headerLength;

    private ReadOnlySpan<byte> Head { get; } = head;

    private ReadOnlySpan<byte> Tail { get; } = tail;

    /// <summary>The header as sent, for its marker and timestamp.</summary>
    public ReadOnlySpan<byte> Header => Head[..headerLength];

    /// <summary>The part of the payload that belongs to this receiver alone: a codec's descriptor is in it.</summary>
    public ReadOnlySpan<byte> PayloadStart => Head[headerLength..];

    /// <summary>Writes the packet byte for byte.</summary>
    /// <returns><see cref="Length"/>.</returns>
    public int CopyTo(Span<byte> destination)
    {
        Head.CopyTo(destination);
        Tail.CopyTo(destination[Head.Length..]);
        return Length;
    }

    /// <summary>Writes the payload alone.</summary>
    public void CopyPayloadTo(Span<byte> destination)
    {
        Head[headerLength..].CopyTo(destination);
        Tail.CopyTo(destination[(Head.Length - headerLength)..]);
    }
}
