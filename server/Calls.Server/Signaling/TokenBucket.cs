namespace Calls.Server.Signaling;

/// <summary>Lets through a rate of requests with a burst. Thread-safe.</summary>
/// <param name="perSecond">Tokens that come back each second.</param>
/// <param name="burst">Tokens at the start, and at most.</param>
internal sealed class TokenBucket(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _tokens = burst;
    private long _at = time.GetTimestamp();

    /// <summary>Nothing was taken for so long that a new bucket would be the same.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                Refill();
                return _tokens >= burst;
            }
        }
    }

    public bool TryTake()
    {
        lock (_gate)
        {
            Refill();
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    private void Refill()
    {
        long now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
    }
}
