using Calls.Rtc.Sfu.Feedback;

namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>Measures what a short run of padding, and whatever was sent meanwhile, says about the path.</summary>
internal struct ProbeMeter
{
    /// <summary>Padding packets farther apart belong to different probes.</summary>
    private const long MaxGapMs = 30;

    /// <summary>A probe whose end nobody reports is given up.</summary>
    private const long TimeoutMs = 1000;

    private const int MinPackets = 5;
    private const double MinDurationMs = 10;
    private const double MaxLoss = 0.2;

    private bool _isActive;
    private int _received;
    private int _lost;
    private long _firstSentMs;
    private long _lastSentMs;
    private long _addedSentMs;
    private double _firstArrivalMs;
    private double _lastArrivalMs;
    private long _bytes;
    private int _firstBytes;
    private long _lastSentBytes;

    /// <summary>Takes a packet in the order of sending.</summary>
    /// <param name="result">What the probe before it showed.</param>
    /// <returns>Whether it ended a probe.</returns>
    public bool OnPacket(in PacketFeedback packet, double arrivalMs, out ProbeResult result)
    {
        bool isProbe = packet.Kind == SentPacketKind.Probe;
        bool ends = _isActive && packet.SentMs - _lastSentMs > MaxGapMs;
        result = ends ? End() : default;
        if (isProbe && !_isActive)
        {
            this = new ProbeMeter { _isActive = true, _firstSentMs = packet.SentMs, _lastSentMs = packet.SentMs };
        }

        if (!_isActive)
        {
            return ends;
        }

        // What was sent after the last padding does not belong to it, unless more padding follows.
        _lastSentMs = isProbe ? Math.Max(_lastSentMs, packet.SentMs) : _lastSentMs;
        if (!packet.IsReceived)
        {
            _lost++;
        }
        else if (packet.SentMs <= _lastSentMs)
        {
            Add(packet, arrivalMs);
        }

        return ends;
    }

    /// <summary>Ends a probe after which nothing was sent.</summary>
    public bool OnTime(long nowMs, out ProbeResult result)
    {
        bool ends = _isActive && nowMs - _lastSentMs > TimeoutMs;
        result = ends ? End() : default;
        return ends;
    }

    private void Add(in PacketFeedback packet, double arrivalMs)
    {
        if (_received == 0)
        {
            (_firstArrivalMs, _firstBytes) = (arrivalMs, packet.SizeBytes);
        }

        _lastArrivalMs = _received == 0 ? arrivalMs : Math.Max(_lastArrivalMs, arrivalMs);
        _lastSentBytes = packet.SentMs > _addedSentMs ? packet.SizeBytes : _lastSentBytes + packet.SizeBytes;
        _addedSentMs = Math.Max(_addedSentMs, packet.SentMs);
        _received++;
        _bytes += packet.SizeBytes;
    }

    private ProbeResult End()
    {
        _isActive = false;
        double sentMs = _lastSentMs - _firstSentMs;
        double arrivalMs = _lastArrivalMs - _firstArrivalMs;
        if (_received < MinPackets || _lost > MaxLoss * (_received + _lost) || sentMs < MinDurationMs)
        {
            return new(0, WasCarried: false);
        }

        // What left at the end of the time that is measured is not part of it, nor is what arrived at its beginning.
        double sentRate = (_bytes - _lastSentBytes) * 8000 / sentMs;
        double arrivalRate = (_bytes - _firstBytes) * 8000 / Math.Max(arrivalMs, 1);
        return new((long)Math.Min(sentRate, arrivalRate), arrivalRate >= 0.85 * sentRate);
    }
}
