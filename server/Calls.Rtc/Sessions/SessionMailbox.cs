using System.Collections.Concurrent;

namespace Calls.Rtc.Sessions;

/// <summary>Runs a session's control work one item at a time on the thread pool, so that handshakes never run on a media loop.</summary>
/// <typeparam name="T">One item of work.</typeparam>
/// <param name="schedule">Runs the mailbox soon, never from within the call; <c>null</c> for the thread pool.</param>
internal sealed class SessionMailbox<T>(int capacity, Action<T> handle, Action<IThreadPoolWorkItem>? schedule = null) : IThreadPoolWorkItem
{
    /// <summary>Items handled in one go before other sessions get their turn.</summary>
    private const int Turn = 32;

    private readonly ConcurrentQueue<T> _items = new();
    private int _count;
    private long _refused;

    /// <summary>Items refused because the mailbox was full.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Queues an item in order. <c>false</c>: the mailbox is full, the item is not taken.</summary>
    /// <param name="isVital">Taken even when the mailbox is full: what must not be lost and a peer cannot multiply.</param>
    public bool TryPost(T item, bool isVital = false)
    {
        // Posters that race may overshoot by their number; counting first and taking back would mislead the reader below.
        if (!isVital && Volatile.Read(ref _count) >= capacity)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        int count = Interlocked.Increment(ref _count);
        _items.Enqueue(item);
        if (count == 1)
        {
            Schedule();
        }

        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int handled = 0; handled < Turn; handled++)
        {
            // The count goes up before the item is visible: an item counted is an item to come.
            T? item;
            SpinWait spin = default;
            while (!_items.TryDequeue(out item))
            {
                spin.SpinOnce();
            }

            handle(item);
            if (Interlocked.Decrement(ref _count) == 0)
            {
                return;
            }
        }

        Schedule();
    }

    private void Schedule()
    {
        if (schedule is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            schedule(this);
        }
    }
}
