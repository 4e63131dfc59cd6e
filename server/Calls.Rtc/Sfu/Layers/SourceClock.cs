namespace Calls.Rtc.Sfu.Layers;

/// <summary>Relates the timestamps of one source to its sender's clock, by its last sender report (RFC 3550, section 6.4.1).</summary>
internal struct SourceClock
{
    private bool _isKnown;
    private ulong _ntpTimestamp;
    private uint _rtpTimestamp;

    public void OnSenderReport(ulong ntpTimestamp, uint rtpTimestamp) =>
        (_isKnown, _ntpTimestamp, _rtpTimestamp) = (true, ntpTimestamp, rtpTimestamp);

    /// <summary>When a packet was captured, on the sender's clock and in ticks of the codec's.</summary>
    /// <returns><c>false</c> before the first report.</returns>
    public readonly bool TryGetCaptureTicks(uint timestamp, uint clockRate, out long ticks)
    {
        ticks = (long)(((UInt128)_ntpTimestamp * clockRate) >> 32) + (int)(timestamp - _rtpTimestamp);
        return _isKnown;
    }
}
