namespace Calls.Rtc.Sfu;

/// <summary>A rate limit with room for bursts: what is added drains at one unit per unit of time.</summary>
internal struct LeakyBucket
{
    // When the bucket will be empty, so that draining needs no timer.
    private long _emptyAt;

    /// <summary>Adds <paramref name="amount"/> unless the bucket already holds more than <paramref name="capacity"/>.</summary>
    public bool TryAdd(long amount, long now, long capacity)
    {
        long level = Math.Max(0, _emptyAt - now);
        if (level + amount > capacity)
        {
            return false;
        }

        _emptyAt = now + level + amount;
        return true;
    }

    /// <summary>Adds <paramref name="amount"/> in any case, up to a full bucket.</summary>
    public void Fill(long amount, long now, long capacity)
    {
        long level = Math.Max(0, _emptyAt - now);
        _emptyAt = now + Math.Min(level + amount, capacity);
    }
}
