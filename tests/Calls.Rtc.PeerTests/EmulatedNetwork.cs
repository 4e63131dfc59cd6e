namespace Calls.Rtc.PeerTests;

/// <summary>Datagrams between addresses on virtual time: delay, jitter (which reorders), rate and loss, from a seed.</summary>
internal sealed class EmulatedNetwork(int seed)
{
    // A router's queue in front of a slow link; more is dropped.
    private const long MaxQueueMs = 300;

    private readonly PriorityQueue<(TransportAddress From, TransportAddress To, byte[] Datagram), (long DueMs, long Order)> _flying = new();
    private readonly Dictionary<(TransportAddress From, TransportAddress To), double> _busyUntilMs = [];
    private readonly Random _random = new(seed);
    private long _order;

    /// <summary>Chance that a datagram is lost, 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>One way, at least 1.</summary>
    public int DelayMs { get; set; } = 5;

    /// <summary>Added to the delay of each datagram at random.</summary>
    public int JitterMs { get; set; }

    /// <summary>Of each direction between two addresses; 0 = no limit.</summary>
    public int BitsPerSecond { get; set; }

    /// <summary>Rates towards single addresses, instead of <see cref="BitsPerSecond"/>.</summary>
    public Dictionary<TransportAddress, int> DownlinkBitsPerSecond { get; } = [];

    /// <summary>Waiting time of a datagram that is sent now.</summary>
    public double QueueMs(TransportAddress from, TransportAddress to, long nowMs) => Math.Max(0, _busyUntilMs.GetValueOrDefault((from, to)) - nowMs);

    /// <summary>Decides on each datagram before chance does; <c>false</c> drops it.</summary>
    public Func<TransportAddress, TransportAddress, byte[], bool>? Filter { get; set; }

    public int Seed { get; } = seed;

    public long NextMs => _flying.TryPeek(out _, out (long DueMs, long Order) due) ? due.DueMs : long.MaxValue;

    public void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram, long nowMs)
    {
        byte[] copy = datagram.ToArray();
        if (Filter?.Invoke(from, to, copy) == false || _random.NextDouble() < Loss)
        {
            return;
        }

        double leavesMs = nowMs;
        int rate = DownlinkBitsPerSecond.GetValueOrDefault(to, BitsPerSecond);
        if (rate > 0)
        {
            leavesMs = Math.Max(nowMs, _busyUntilMs.GetValueOrDefault((from, to))) + (copy.Length * 8_000.0 / rate);
            if (leavesMs - nowMs > MaxQueueMs)
            {
                return;
            }

            _busyUntilMs[(from, to)] = leavesMs;
        }

        _flying.Enqueue((from, to, copy), ((long)Math.Ceiling(leavesMs) + DelayMs + _random.Next(JitterMs + 1), _order++));
    }

    public bool TryTake(long nowMs, out (TransportAddress From, TransportAddress To, byte[] Datagram) arrived)
    {
        arrived = default;
        return _flying.TryPeek(out _, out (long DueMs, long Order) due) && due.DueMs <= nowMs && _flying.TryDequeue(out arrived, out _);
    }
}
