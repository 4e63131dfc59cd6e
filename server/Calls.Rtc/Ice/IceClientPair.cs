namespace Calls.Rtc.Ice;

/// <summary>A remote address of <see cref="IceClientAgent"/> and the check that runs towards it.</summary>
internal sealed class IceClientPair(TransportAddress remote, ulong priority)
{
    private readonly byte[] _transactionId = new byte[Stun.StunFormat.TransactionIdSize];

    public TransportAddress Remote { get; } = remote;

    public ulong Priority { get; } = priority;

    /// <summary>Requests sent in the current transaction; 0 = none is running.</summary>
    public int Transmissions { get; set; }

    /// <summary>When the next request is due: the first one, a retransmission or the next keepalive.</summary>
    public long NextSendMs { get; set; }

    /// <summary><see cref="long.MinValue"/> before the first response.</summary>
    public long LastResponseMs { get; set; } = long.MinValue;

    public bool HasResponded => LastResponseMs != long.MinValue;

    public bool HasFailed { get; set; }

    public Span<byte> TransactionId => _transactionId;
}
