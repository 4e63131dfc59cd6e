namespace Calls.Rtc.DataChannels;

/// <summary>A token bucket, and how long it has been overdrawn (media.md 9.7).</summary>
internal sealed class MessageRateLimit(int perSecond, int burst)
{
    private const int MsPerSecond = 1000;

    /// <summary>Without an excess for this long, the next one counts as new.</summary>
    private const int QuietMs = 1000;

    // In thousandths of a message, so that slow rates refill exactly.
    private long _tokens = (long)burst * MsPerSecond;
    private long _refilledAtMs = long.MinValue;
    private long _excessSinceMs = -1;
    private long _lastExcessMs;

    /// <summary>Takes one message out of the bucket.</summary>
    /// <returns><c>false</c> if there is none: the message is to be dropped.</returns>
    public bool TryTake(long nowMs)
    {
        if (_refilledAtMs != long.MinValue)
        {
            long elapsedMs = Math.Clamp(nowMs - _refilledAtMs, 0, (long)MsPerSecond * burst);
            _tokens = Math.Min((long)burst * MsPerSecond, _tokens + (elapsedMs * perSecond));
        }

        _refilledAtMs = nowMs;
        if (_tokens >= MsPerSecond)
        {
            _tokens -= MsPerSecond;
            return true;
        }

        if (_excessSinceMs < 0 || nowMs - _lastExcessMs > QuietMs)
        {
            _excessSinceMs = nowMs;
        }

        _lastExcessMs = nowMs;
        return false;
    }

    /// <summary>How long messages have been dropped, 0 if none was within the last second.</summary>
    public long ExcessMs(long nowMs) => _excessSinceMs < 0 || nowMs - _lastExcessMs > QuietMs ? 0 : nowMs - _excessSinceMs;
}
