using Calls.Rtc.Dtls;

namespace Calls.Rtc.Tests.Dtls;

/// <summary>Two peers on virtual time, with loss, delay and reordering from a seed.</summary>
internal sealed class LossyNetwork(DtlsPeer a, DtlsPeer b, int seed, double loss)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(DtlsPeer To, byte[] Datagram), (long AtMs, int Order)> _inFlight = new();
    private int _order;

    public long NowMs { get; private set; }

    /// <summary>Runs until both are connected, one of them failed, or nothing can happen any more.</summary>
    public void RunUntilConnected()
    {
        a.Session.Start(NowMs);
        b.Session.Start(NowMs);
        Collect();

        while (!(a.Session.State == DtlsState.Connected && b.Session.State == DtlsState.Connected))
        {
            long next = Math.Min(a.Session.DeadlineMs ?? long.MaxValue, b.Session.DeadlineMs ?? long.MaxValue);

            if (_inFlight.TryPeek(out _, out (long AtMs, int Order) arrival) && arrival.AtMs <= next)
            {
                (DtlsPeer to, byte[] datagram) = _inFlight.Dequeue();
                NowMs = arrival.AtMs;
                to.Session.Receive(datagram, NowMs);
            }
            else if (next != long.MaxValue)
            {
                NowMs = next;
                a.Session.HandleDeadline(NowMs);
                b.Session.HandleDeadline(NowMs);
            }
            else
            {
                return;
            }

            Collect();

            if (a.Session.State == DtlsState.Failed || b.Session.State == DtlsState.Failed)
            {
                return;
            }
        }
    }

    private void Collect()
    {
        foreach ((DtlsPeer from, DtlsPeer to) in new[] { (a, b), (b, a) })
        {
            foreach (byte[] datagram in from.TakeSent())
            {
                if (_random.NextDouble() >= loss)
                {
                    // 20 to 120 ms: datagrams of one flight overtake each other.
                    _inFlight.Enqueue((to, datagram), (NowMs + 20 + _random.Next(100), _order++));
                }
            }
        }
    }
}
