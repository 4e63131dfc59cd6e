namespace Calls.Rtc.Sfu;

/// <summary>Merges the key-frame requests of all subscribers of a track (media.md 4.7).</summary>
internal struct KeyFrameRequests
{
    /// <summary>At most one request per this interval, plus a trailing one for those that came in between.</summary>
    public const long IntervalMs = 500;

    private int _isWanted;
    private bool _wasSent;
    private long _lastSentMs;

    /// <summary>Any thread.</summary>
    public void Request() => Volatile.Write(ref _isWanted, 1);

    /// <summary>[loop] Whether a request is to be sent now.</summary>
    public bool TryTake(long nowMs)
    {
        if (Volatile.Read(ref _isWanted) == 0 || (_wasSent && nowMs - _lastSentMs < IntervalMs))
        {
            return false;
        }

        Volatile.Write(ref _isWanted, 0);
        _wasSent = true;
        _lastSentMs = nowMs;
        return true;
    }
}
