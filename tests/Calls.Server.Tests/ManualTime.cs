namespace Calls.Server.Tests;

/// <summary>A clock that moves only when a test says so. Timers fire while it is moved, in the order they are due.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly List<(TimeSpan DueIn, TaskCompletionSource Set)> _awaited = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56) + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes once a timer is, or has been, set to fire in exactly this time.</summary>
    public Task WhenTimerIsSetAsync(TimeSpan dueIn)
    {
        lock (_gate)
        {
            if (_timers.Any(timer => timer.DueAt == _now + dueIn))
            {
                return Task.CompletedTask;
            }

            TaskCompletionSource set = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((dueIn, set));
            return set.Task;
        }
    }

    /// <summary>Moves on and runs what falls due, in order.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan until;
        lock (_gate)
        {
            until = _now + by;
        }

        while (TakeDue(until) is { } due)
        {
            due.Run();
        }

        lock (_gate)
        {
            _now = until;
        }
    }

    private ManualTimer? TakeDue(TimeSpan until)
    {
        lock (_gate)
        {
            ManualTimer? due = _timers.Where(timer => timer.DueAt <= until).MinBy(static timer => timer.DueAt);
            if (due is not null)
            {
                _now = due.DueAt > _now ? due.DueAt : _now;
                due.Rearm();
            }

            return due;
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan DueAt { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = time._now + dueTime;
                    time._timers.Add(this);
                    time._awaited.RemoveAll(awaited => awaited.DueIn == dueTime && awaited.Set.TrySetResult());
                }
            }

            return true;
        }

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                DueAt += _period;
            }
            else
            {
                time._timers.Remove(this);
            }
        }

        public void Run() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
