namespace Calls.Rtc.PeerTests;

/// <summary>A clock that stands still until it is told to move, and its timers.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<Timer> _timers = [];

    /// <summary>Monotonic milliseconds.</summary>
    public long NowMs { get; private set; } = 1_000;

    public override long TimestampFrequency => 1_000;

    /// <summary>When the next timer is due.</summary>
    public long NextDueMs => _timers.Count == 0 ? long.MaxValue : _timers.Min(static timer => timer.DueMs);

    public override long GetTimestamp() => NowMs;

    public override DateTimeOffset GetUtcNow() => Start.AddMilliseconds(NowMs);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves on and fires what is due.</summary>
    public void MoveTo(long nowMs)
    {
        NowMs = Math.Max(NowMs, nowMs);
        while (_timers.Find(timer => timer.DueMs <= NowMs) is { } due)
        {
            due.Fire();
        }
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long DueMs { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            // All timers of the media stack are armed anew each time.
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            DueMs = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.NowMs + (long)Math.Ceiling(dueTime.TotalMilliseconds);
            return true;
        }

        public void Fire()
        {
            DueMs = long.MaxValue;
            callback(state);
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
