using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>
/// What one client's path carries and how its video streams share it: estimates from the client's feedback, leaves audio its
/// part first, allocates the rest, sets the pace of video, and asks for a probe when a better picture is within reach.
/// </summary>
/// <remarks>Owned by the client's loop. What it decides reaches the publishers' loops through fields of the forwarders.</remarks>
internal sealed class SubscriberBandwidth(OutboundStreams outgoing) : IBandwidthObserver
{
    /// <summary>Rate at which video is sent while nothing is known of the path: a key frame of 100 kB in 80 ms.</summary>
    public const long UnknownPaceBitsPerSecond = 10_000_000;

    // Kept free for audio that begins to speak.
    private const long MinAudioBitsPerSecond = 40_000;
    private const double AudioMargin = 1.25;

    // Of the estimate, for video's bursts: fast while the path has room, gently once it has shown its limit (media.md 8.5), and
    // not above the estimate as long as a queue may have to drain.
    private const double FastPace = 2.5;
    private const double GentlePace = 1.25;
    private const long CongestionMemoryMs = 10_000;
    private const long DrainMs = 3000;

    private const long CongestedMs = 2000;

    private const long AllocationIntervalMs = 100;
    private const long AudioIntervalMs = 1000;
    private const long FeedbackTimeoutMs = 5000;

    private const long ProbeAfterCongestionMs = 3000;
    private const long ProbeRepeatMs = 300;
    private const long ProbeTimeoutMs = 2000;
    private const long MinProbeBackoffMs = 5000;
    private const long MaxProbeBackoffMs = 60_000;
    private const double MaxProbeFactor = 2;

    private readonly BandwidthEstimator _estimator = new();
    private readonly VideoAllocator _allocator = new();
    private long _lastFeedbackMs = long.MinValue / 2;
    private long _receiverEstimate;
    private long _receiverEstimateMs = long.MinValue / 2;
    private long _nextAllocationMs;
    private long _audioBytes;
    private long _audioSinceMs;
    private long _audioBitsPerSecond;
    private long _nextProbeMs;
    private long _probeBackoffMs = MinProbeBackoffMs;
    private int _probesSeen;
    private long _published;

    /// <summary>The estimate in bit/s, from feedback or else from the client's own (REMB); 0: unknown. Any thread.</summary>
    public long EstimateBitsPerSecond => Volatile.Read(ref _published);

    public BandwidthEstimator Estimator => _estimator;

    public void OnPacket(in PacketFeedback packet)
    {
        _estimator.OnPacket(packet);
        _audioBytes += packet.Kind == SentPacketKind.Audio && packet.IsReceived ? packet.SizeBytes : 0;
    }

    public void OnFeedbackEnd(long nowMs)
    {
        _lastFeedbackMs = nowMs;
        _estimator.OnFeedbackEnd(nowMs);
        MeasureAudio(nowMs);
        FollowProbe(nowMs);
    }

    /// <summary>The client says itself what it can receive (draft-alvestrand-rmcat-remb-03). Used while it sends no feedback.</summary>
    public void OnReceiverEstimate(long bitsPerSecond, long nowMs) => (_receiverEstimate, _receiverEstimateMs) = (bitsPerSecond, nowMs);

    /// <summary>Allocates anew if it is time.</summary>
    public void Tick(long nowMs)
    {
        if (nowMs < _nextAllocationMs)
        {
            return;
        }

        _nextAllocationMs = nowMs + AllocationIntervalMs;
        bool hasFeedback = nowMs - _lastFeedbackMs < FeedbackTimeoutMs;
        long estimate = hasFeedback ? _estimator.BitsPerSecond
            : nowMs - _receiverEstimateMs < FeedbackTimeoutMs ? _receiverEstimate
            : 0;
        Volatile.Write(ref _published, estimate);
        IReadOnlyList<TrackForwarder> forwarders = outgoing.Forwarders;
        long audio = Math.Max(MinAudioBitsPerSecond, (long)(_audioBitsPerSecond * AudioMargin));
        long? budget = estimate == 0 ? null : Math.Max(0, estimate - audio);
        _allocator.Allocate(forwarders, budget, nowMs - _estimator.CongestedMs < CongestedMs, nowMs);
        SetPace(forwarders, budget, nowMs);
        if (hasFeedback && _allocator.WantedBitsPerSecond > 0)
        {
            Probe(forwarders, _allocator.WantedBitsPerSecond + audio, nowMs);
        }
    }

    private void MeasureAudio(long nowMs)
    {
        if (nowMs - _audioSinceMs < AudioIntervalMs)
        {
            return;
        }

        _audioBitsPerSecond = _audioBytes * 8 * 1000 / (nowMs - _audioSinceMs);
        (_audioBytes, _audioSinceMs) = (0, nowMs);
    }

    // Streams share the pace as they share the budget.
    private void SetPace(IReadOnlyList<TrackForwarder> forwarders, long? budget, long nowMs)
    {
        double pace = UnknownPaceBitsPerSecond;
        if (budget is { } known)
        {
            long sinceMs = nowMs - _estimator.CongestedMs;
            pace = known * (sinceMs < DrainMs ? 1 : sinceMs < CongestionMemoryMs ? GentlePace : FastPace);
        }

        int streams = 0;
        for (int i = 0; i < forwarders.Count; i++)
        {
            streams += IsVideo(forwarders[i]) ? 1 : 0;
        }

        for (int i = 0; i < forwarders.Count; i++)
        {
            if (IsVideo(forwarders[i]))
            {
                forwarders[i].Pacer.BitsPerSecond = (long)(pace / streams);
            }
        }
    }

    private void Probe(IReadOnlyList<TrackForwarder> forwarders, long wanted, long nowMs)
    {
        if (nowMs < _nextProbeMs || nowMs - _estimator.CongestedMs < ProbeAfterCongestionMs || wanted <= _estimator.BitsPerSecond)
        {
            return;
        }

        for (int i = 0; i < forwarders.Count; i++)
        {
            if (IsVideo(forwarders[i]) && forwarders[i].Pacer.IsRunning)
            {
                forwarders[i].Pacer.RequestProbe(Math.Min(wanted, (long)(_estimator.BitsPerSecond * MaxProbeFactor)));
                forwarders[i].Track!.Publisher.NoteRequest();
                _nextProbeMs = nowMs + ProbeTimeoutMs;
                return;
            }
        }
    }

    private void FollowProbe(long nowMs)
    {
        if (_estimator.Probes == _probesSeen)
        {
            return;
        }

        _probesSeen = _estimator.Probes;
        if (_estimator.LastProbe.WasCarried)
        {
            (_nextProbeMs, _probeBackoffMs) = (nowMs + ProbeRepeatMs, MinProbeBackoffMs);
        }
        else
        {
            _nextProbeMs = nowMs + _probeBackoffMs;
            _probeBackoffMs = Math.Min(_probeBackoffMs * 2, MaxProbeBackoffMs);
        }
    }

    private static bool IsVideo(TrackForwarder forwarder) => forwarder.Track?.Codec.Kind() == TrackKind.Video;
}
