namespace Calls.Rtc.PeerTests;

/// <summary>Datagrams between addresses on virtual time: delay, jitter (which reorders) and loss, from a seed.</summary>
internal sealed class EmulatedNetwork(int seed)
{
    private readonly PriorityQueue<(TransportAddress From, TransportAddress To, byte[] Datagram), (long DueMs, long Order)> _flying = new();
    private readonly Random _random = new(seed);
    private long _order;

    public double Loss { get; set; }

    public int DelayMs { get; set; } = 5;

    public int JitterMs { get; set; }

    public int Seed { get; } = seed;

    public void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram, long nowMs)
    {
        if (_random.NextDouble() >= Loss)
        {
            _flying.Enqueue((from, to, datagram.ToArray()), (nowMs + DelayMs + _random.Next(JitterMs + 1), _order++));
        }
    }

    public bool TryTake(long nowMs, out (TransportAddress From, TransportAddress To, byte[] Datagram) arrived)
    {
        arrived = default;
        return _flying.TryPeek(out _, out (long DueMs, long Order) due) && due.DueMs <= nowMs && _flying.TryDequeue(out arrived, out _);
    }
}
