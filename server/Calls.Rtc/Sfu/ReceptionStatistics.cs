using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Sfu;

/// <summary>Loss and jitter of one inbound stream, as receiver reports state them (RFC 3550 appendix A.3 and A.8).</summary>
internal struct ReceptionStatistics
{
    // A longer step of the timestamp is a pause of the source, not jitter.
    private const int MaxTransitStepSeconds = 5;

    private bool _started;
    private long _firstIndex;
    private long _highestIndex;
    private long _received;
    private long _expectedBefore;
    private long _receivedBefore;
    private long _lastTransit;

    // Scaled by 16, as in RFC 3550, section A.8.
    private long _scaledJitter;

    private uint _lastSenderReport;
    private long _lastSenderReportMs;

    /// <summary>Whether packets came since the last report.</summary>
    public readonly bool HasNews => _received != _receivedBefore;

    /// <param name="index">From <see cref="SourceSequence"/>.</param>
    public void OnPacket(long index, uint timestamp, uint clockRate, long nowMs)
    {
        if (!_started)
        {
            _started = true;
            _firstIndex = index;
            _highestIndex = index;
            _lastTransit = Transit(timestamp, clockRate, nowMs);
        }

        // A late packet from before the first one we saw is expected too.
        _firstIndex = Math.Min(_firstIndex, index);
        _highestIndex = Math.Max(_highestIndex, index);
        _received++;

        long transit = Transit(timestamp, clockRate, nowMs);
        long step = Math.Abs((long)(int)(uint)(transit - _lastTransit));
        _lastTransit = transit;
        if (step <= MaxTransitStepSeconds * clockRate)
        {
            _scaledJitter += step - ((_scaledJitter + 8) >> 4);
        }
    }

    /// <param name="ntpTimestamp">As the publisher sent it.</param>
    public void OnSenderReport(ulong ntpTimestamp, long nowMs)
    {
        _lastSenderReport = (uint)(ntpTimestamp >> 16);
        _lastSenderReportMs = nowMs;
    }

    /// <summary>Makes a report block and starts the next interval.</summary>
    public ReportBlock TakeReport(uint ssrc, long nowMs)
    {
        long expected = _highestIndex - _firstIndex + 1;
        long expectedNow = expected - _expectedBefore;
        long lostNow = expectedNow - (_received - _receivedBefore);
        byte fractionLost = expectedNow <= 0 || lostNow <= 0 ? (byte)0 : (byte)Math.Min(255, (lostNow << 8) / expectedNow);
        long lost = Math.Clamp(expected - _received, ReportBlock.MinCumulativeLost, ReportBlock.MaxCumulativeLost);
        _expectedBefore = expected;
        _receivedBefore = _received;

        uint delay = _lastSenderReport == 0 ? 0 : (uint)((nowMs - _lastSenderReportMs) * 65_536 / 1000);
        return new(ssrc, fractionLost, (int)lost, (uint)_highestIndex, (uint)(_scaledJitter >> 4), _lastSenderReport, delay);
    }

    // Arrival minus timestamp, in ticks; only differences between two of them mean anything.
    private static long Transit(uint timestamp, uint clockRate, long nowMs) => (nowMs * clockRate / 1000) - timestamp;
}
