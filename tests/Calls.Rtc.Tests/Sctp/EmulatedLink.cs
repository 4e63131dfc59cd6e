namespace Calls.Rtc.Tests.Sctp;

/// <summary>Joins two associations by a path with loss, delay, reordering and duplication, on a clock of its own.</summary>
internal sealed class EmulatedLink(ILinkEnd a, ILinkEnd b, int seed)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(ILinkEnd To, byte[] Packet), (long AtMs, long Order)> _underway = new();
    private long _order;

    public long NowMs { get; private set; } = 1_000_000;

    public double Loss { get; set; }

    public double Duplication { get; set; }

    public int DelayMs { get; set; } = 20;

    /// <summary>Added to the delay of each packet at random, so that packets overtake each other.</summary>
    public int JitterMs { get; set; }

    /// <summary>Decides on each packet before chance does; <c>false</c> drops it.</summary>
    public Func<ILinkEnd, byte[], bool>? Filter { get; set; }

    public int PacketsCarried { get; private set; }

    /// <summary>Lets time pass until nothing is left to do or <paramref name="done"/> holds.</summary>
    /// <returns>Whether <paramref name="done"/> holds, or without it, whether nothing is left to do.</returns>
    public bool Run(int forMs, Func<bool>? done = null)
    {
        long endMs = NowMs + forMs;
        while (true)
        {
            Take(a, b);
            Take(b, a);
            if (done?.Invoke() == true)
            {
                return true;
            }

            long? next = _underway.TryPeek(out _, out (long AtMs, long Order) first) ? first.AtMs : null;
            next = Min(next, Min(a.DeadlineMs, b.DeadlineMs));
            if (next is null || next > endMs)
            {
                NowMs = endMs;
                return done?.Invoke() ?? next is null;
            }

            NowMs = Math.Max(NowMs, next.Value);
            while (_underway.TryPeek(out (ILinkEnd To, byte[] Packet) item, out first) && first.AtMs <= NowMs)
            {
                _underway.Dequeue();
                PacketsCarried++;
                item.To.Receive(item.Packet, NowMs);
            }

            Expire(a);
            Expire(b);
        }
    }

    /// <summary>Connects and checks that both sides noticed.</summary>
    public EmulatedLink Connected(bool bothInitiate = false)
    {
        a.Connect(NowMs);
        if (bothInitiate)
        {
            b.Connect(NowMs);
        }

        Assert.True(Run(60_000, () => a.IsEstablished && b.IsEstablished), "not established");
        return this;
    }

    private static long? Min(long? x, long? y) => x is null || y < x ? y : x;

    private void Expire(ILinkEnd peer)
    {
        if (peer.DeadlineMs <= NowMs)
        {
            peer.HandleDeadline(NowMs);
        }
    }

    private void Take(ILinkEnd from, ILinkEnd to)
    {
        while (from.Sent.TryDequeue(out byte[]? packet))
        {
            Assert.InRange(packet.Length, 16, 1163);
            if (Filter?.Invoke(from, packet) == false || _random.NextDouble() < Loss)
            {
                continue;
            }

            int copies = _random.NextDouble() < Duplication ? 2 : 1;
            for (int i = 0; i < copies; i++)
            {
                _underway.Enqueue((to, packet), (NowMs + DelayMs + _random.Next(JitterMs + 1), _order++));
            }
        }
    }
}
