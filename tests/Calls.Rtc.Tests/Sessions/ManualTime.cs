namespace Calls.Rtc.Tests.Sessions;

/// <summary>A clock that the test moves; timers fire while it moves, on the test's thread.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private long _nowMs;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _nowMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMilliseconds(_nowMs);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void AdvanceTo(long nowMs)
    {
        while (_timers.Where(timer => timer.DueMs <= nowMs).MinBy(static timer => timer.DueMs) is { } due)
        {
            _nowMs = Math.Max(_nowMs, due.DueMs);
            due.Fire();
        }

        _nowMs = nowMs;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public long DueMs { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            DueMs = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time._nowMs + (long)dueTime.TotalMilliseconds;
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
            return ValueTask.CompletedTask;
        }
    }
}
