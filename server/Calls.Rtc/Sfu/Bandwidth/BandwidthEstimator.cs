using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// How much one client's path carries, from its feedback on what was sent to it (media.md 4.9): the lower of what its delays and
/// what its losses allow.
/// </summary>
/// <remarks>Pure; owned by the client's loop. Allocates nothing after construction.</remarks>
internal sealed class BandwidthEstimator
{
    /// <summary>Enough for some voices and the lower layer of a screen (media.md 4.4).</summary>
    public const long StartBitsPerSecond = 750_000;

    public const long MinBitsPerSecond = 50_000;

    /// <summary>Above all that one client ever gets: the upper layer of a screen, a camera and voices.</summary>
    public const long MaxBitsPerSecond = 6_000_000;

    // Loss that is ours beyond this is answered; below the other the path has room.
    private const double HighLoss = 0.10;
    private const double LowLoss = 0.02;
    private const double LossIncrease = 1.08;

    // What arrives in spite of the losses is there to be used.
    private const double LossFloor = 0.95;

    // A probe that did not come through unhindered shows what there is; a little below that no queue grows.
    private const double ProbeMargin = 0.9;

    // Until the queue that a probe made is gone and its feedback is here.
    private const long ProbeEchoMs = 700;

    private readonly DelayTrend _trend = new();
    private readonly SlidingRate _delivered = new();
    private readonly SlidingRate _sent = new();
    private readonly LossWindows _loss = new();
    private ArrivalGroups _groups;
    private RateControl _delayBased = new(StartBitsPerSecond);
    private ProbeMeter _probe;
    private double _lossBased = MaxBitsPerSecond;
    private long _lastProbeMs = long.MinValue / 2;

    /// <summary>The estimate.</summary>
    public long BitsPerSecond => Math.Clamp(Math.Min(_delayBased.BitsPerSecond, (long)_lossBased), MinBitsPerSecond, MaxBitsPerSecond);

    /// <summary>What arrived over the last half second; 0 if not known.</summary>
    public long DeliveredBitsPerSecond => _delivered.BitsPerSecond;

    /// <summary>Of the last second, 0 to 1.</summary>
    public double Loss => _loss.Loss;

    /// <summary>When the path last showed that it carries no more; long ago if it never did.</summary>
    public long CongestedMs { get; private set; } = long.MinValue / 2;

    /// <summary>Probes that have ended, and how the last one did.</summary>
    public int Probes { get; private set; }

    public ProbeResult LastProbe { get; private set; }

    public void OnPacket(in PacketFeedback packet)
    {
        double arrivalMs = packet.ArrivalTicks / (double)TransportCcFeedback.TicksPerMillisecond;
        if (_probe.OnPacket(packet, arrivalMs, out ProbeResult result))
        {
            OnProbe(result);
        }

        _lastProbeMs = packet.Kind == SentPacketKind.Probe ? Math.Max(_lastProbeMs, packet.SentMs) : _lastProbeMs;
        _sent.OnPacket(packet.SizeBytes, packet.SentMs);
        _loss.OnPacket(packet.IsReceived);
        if (!packet.IsReceived)
        {
            return;
        }

        _delivered.OnPacket(packet.SizeBytes, arrivalMs);
        if (_groups.OnPacket(packet, arrivalMs, out double sentDeltaMs, out double arrivalDeltaMs))
        {
            _trend.OnGroup(sentDeltaMs, arrivalDeltaMs, arrivalMs);
        }
    }

    public void OnFeedbackEnd(long nowMs)
    {
        if (_probe.OnTime(nowMs, out ProbeResult result))
        {
            OnProbe(result);
        }

        _delayBased.Update(Signal(nowMs), DeliveredBitsPerSecond, _delivered.LatestBitsPerSecond, _sent.BitsPerSecond, nowMs);
        CongestedMs = Math.Max(CongestedMs, _delayBased.LastDecreaseMs);
        if (_loss.OnFeedbackEnd(nowMs))
        {
            FollowLoss(nowMs);
        }
    }

    // A probe makes a queue on purpose: its own result says what to think of that.
    private DelaySignal Signal(long nowMs) =>
        _trend.Signal == DelaySignal.Overuse && nowMs - _lastProbeMs < ProbeEchoMs ? DelaySignal.Underuse : _trend.Signal;

    private void OnProbe(ProbeResult result)
    {
        Probes++;
        LastProbe = result;
        long shown = (long)(result.BitsPerSecond * (result.WasCarried ? 1 : ProbeMargin));
        _delayBased.RaiseTo(Math.Min(shown, MaxBitsPerSecond));
        _lossBased = Math.Max(_lossBased, shown);
    }

    private void FollowLoss(long nowMs)
    {
        if (_loss.Excess > HighLoss)
        {
            CongestedMs = nowMs;
            double reduced = BitsPerSecond * (1 - (0.5 * _loss.Loss));
            _lossBased = Math.Max(reduced, LossFloor * DeliveredBitsPerSecond);
        }
        else if (_loss.Excess < LowLoss)
        {
            _lossBased = Math.Min(_lossBased * LossIncrease, MaxBitsPerSecond);
        }
    }
}
