using Calls.Domain;

namespace Calls.Server.Signaling;

/// <summary>Runs pieces of work one after the other, in the order they came, on the thread pool. Bounded.</summary>
internal sealed class SerialQueue(BackgroundTasks background, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<Func<Task>> _waiting = new();
    private bool _isRunning;
    private bool _isRetired;

    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return !_isRunning;
            }
        }
    }

    /// <param name="always">Also past the capacity: for what comes at most once per connection.</param>
    public EnqueueResult Enqueue(Func<Task> work, bool always = false)
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return EnqueueResult.Retired;
            }

            if (_waiting.Count >= capacity && !always)
            {
                return EnqueueResult.Full;
            }

            _waiting.Enqueue(work);
            if (_isRunning)
            {
                return EnqueueResult.Queued;
            }

            _isRunning = true;
        }

        background.Run("running a message queue", DrainAsync);
        return EnqueueResult.Queued;
    }

    /// <summary>Takes no more work, if none is waiting. Called by the last piece of work.</summary>
    public bool TryRetire()
    {
        lock (_gate)
        {
            _isRetired = _waiting.Count == 0;
            return _isRetired;
        }
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            Func<Task> work;
            lock (_gate)
            {
                if (!_waiting.TryDequeue(out work!))
                {
                    _isRunning = false;
                    return;
                }
            }

            await work();
        }
    }
}
