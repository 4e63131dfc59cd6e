using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Tests.Sfu.Bandwidth;

/// <summary>A bottleneck with a queue, random loss and jitter, and a receiver that reports every 100 ms, on virtual time.</summary>
internal sealed class EmulatedPath(IBandwidthObserver observer, int seed = 1)
{
    private const int FeedbackMs = 100;
    private const int DelayMs = 30;

    private readonly Random _random = new(seed);
    private readonly List<(long ReportedMs, PacketFeedback Packet)> _unreported = [];
    private double _busyUntilMs;
    private ushort _number;
    private long _nextFeedbackMs;

    public long BitsPerSecond { get; set; } = long.MaxValue;

    public int MaxQueueMs { get; set; } = 300;

    public double Loss { get; set; }

    public int JitterMs { get; set; }

    public long NowMs { get; private set; } = 5_000;

    /// <summary>Waiting time of a packet that is sent now.</summary>
    public double QueueMs => Math.Max(0, _busyUntilMs - NowMs);

    public void Send(int sizeBytes, SentPacketKind kind)
    {
        double leavesMs = Math.Max(_busyUntilMs, NowMs) + (sizeBytes * 8_000.0 / BitsPerSecond);
        bool isReceived = leavesMs - NowMs <= MaxQueueMs && _random.NextDouble() >= Loss;
        _busyUntilMs = leavesMs - NowMs <= MaxQueueMs ? leavesMs : _busyUntilMs;
        double arrivesMs = leavesMs + DelayMs + (_random.NextDouble() * JitterMs);
        var packet = new PacketFeedback(_number++, NowMs, sizeBytes, kind, isReceived, isReceived ? (long)(arrivesMs * 4) : 0);
        _unreported.Add(((long)arrivesMs, packet));
    }

    /// <summary>Lets a millisecond pass.</summary>
    public void Step()
    {
        NowMs++;
        if (NowMs < _nextFeedbackMs)
        {
            return;
        }

        _nextFeedbackMs = NowMs + FeedbackMs;
        (long ReportedMs, PacketFeedback Packet)[] due = [.. _unreported.Where(sent => sent.ReportedMs + DelayMs <= NowMs)];
        if (due.Length == 0)
        {
            return;
        }

        // In order of number, as feedback lists them.
        ushort last = due[^1].Packet.SequenceNumber;
        _unreported.RemoveAll(sent => sent.ReportedMs + DelayMs <= NowMs);
        foreach ((_, PacketFeedback packet) in due.OrderBy(sent => (ushort)(sent.Packet.SequenceNumber - last - 1)))
        {
            observer.OnPacket(packet);
        }

        observer.OnFeedbackEnd(NowMs);
    }
}
