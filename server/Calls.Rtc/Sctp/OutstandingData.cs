namespace Calls.Rtc.Sctp;

/// <summary>A DATA chunk that was sent and is not acknowledged cumulatively.</summary>
internal struct OutstandingData
{
    public OutgoingMessage Message;
    public int Offset;
    public int Length;
    public ushort StreamSequenceNumber;
    public byte Flags;
    public OutstandingState State;

    /// <summary>Miss indications (RFC 9260, section 7.2.4).</summary>
    public byte Misses;

    public bool WasRetransmitted;
    public bool WasFastRetransmitted;
    public long SentAtMs;
}
