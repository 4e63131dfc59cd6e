using System.Collections.Concurrent;
using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Api;

/// <summary>One token bucket per user over all routes: 1 request per second, 10 at once (rest-api.md 1.6).</summary>
internal sealed class UserRateLimits(TimeProvider time)
{
    private const double PerSecond = 1;
    private const int Burst = 10;

    /// <summary>Past this many users, those whose bucket is full again are forgotten.</summary>
    internal const int SweepAt = 10_000;

    private readonly ConcurrentDictionary<UserId, TokenBucket> _buckets = new();
    private int _sweepAt = SweepAt;

    internal int Count => _buckets.Count;

    public bool TryTake(UserId user)
    {
        if (_buckets.Count > Volatile.Read(ref _sweepAt))
        {
            Sweep();
        }

        return _buckets.GetOrAdd(user, _ => new TokenBucket(PerSecond, Burst, time)).TryTake();
    }

    private void Sweep()
    {
        foreach ((UserId user, TokenBucket bucket) in _buckets)
        {
            if (bucket.IsFull)
            {
                _buckets.TryRemove(user, out _);
            }
        }

        // As many users again before the next sweep, however many are in use now.
        Volatile.Write(ref _sweepAt, Math.Max(SweepAt, _buckets.Count * 2));
    }
}
