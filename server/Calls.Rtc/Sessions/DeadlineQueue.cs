namespace Calls.Rtc.Sessions;

/// <summary>Something that wants to be called at a time it names.</summary>
internal interface IDeadlineOwner
{
    /// <summary>Called on a timer thread when the deadline has come; must only post to a mailbox.</summary>
    void OnDeadline();
}

/// <summary>One timer for the deadlines of all sessions: handshakes, retransmissions, negotiation (dotnet-media-stack.md 5.4).</summary>
/// <remarks>
/// Thread-safe. A later deadline of the same owner does not remove its earlier entry: the owner is woken once too often
/// and finds nothing due, which is cheaper than searching the heap.
/// </remarks>
internal sealed class DeadlineQueue : IDisposable
{
    private readonly PriorityQueue<Entry, long> _entries = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly TimeProvider _time;
    private long _armedForMs = long.MaxValue;

    public DeadlineQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((DeadlineQueue)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Wakes <paramref name="entry"/>'s owner at <paramref name="deadlineMs"/>, unless it is already to be woken by then.</summary>
    public void Schedule(Entry entry, long deadlineMs)
    {
        lock (_gate)
        {
            if (deadlineMs >= entry.ScheduledMs)
            {
                return;
            }

            entry.ScheduledMs = deadlineMs;
            _entries.Enqueue(entry, deadlineMs);
            Arm();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Fire()
    {
        while (true)
        {
            Entry entry;
            lock (_gate)
            {
                long now = MonotonicTime.NowMs(_time);
                _armedForMs = long.MaxValue;
                if (!_entries.TryPeek(out entry!, out long deadlineMs) || deadlineMs > now)
                {
                    Arm();
                    return;
                }

                _entries.Dequeue();
                if (entry.ScheduledMs != deadlineMs)
                {
                    continue; // superseded by an earlier one
                }

                entry.ScheduledMs = long.MaxValue;
            }

            entry.Owner.OnDeadline();
        }
    }

    private void Arm()
    {
        if (_entries.TryPeek(out _, out long deadlineMs) && deadlineMs < _armedForMs)
        {
            _armedForMs = deadlineMs;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, deadlineMs - MonotonicTime.NowMs(_time))), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>An owner's place in the queue.</summary>
    internal sealed class Entry(IDeadlineOwner owner)
    {
        public IDeadlineOwner Owner { get; } = owner;

        /// <summary>Guarded by the queue's lock.</summary>
        public long ScheduledMs { get; set; } = long.MaxValue;
    }
}
