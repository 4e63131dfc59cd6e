using System.Collections.Concurrent;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>
/// Work that nobody waits for: its failures are reported, what failed because the store was away is repeated, and a stop can
/// wait for what is under way.
/// </summary>
public sealed class BackgroundTasks(TimeProvider time, ICallLog log) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Deadline, byte> _deadlines = new();
    private TaskCompletionSource? _idle;
    private int _running;
    private bool _stopped;

    /// <summary>Runs work on the thread pool.</summary>
    /// <param name="operation">For the report of a failure; a constant.</param>
    public void Run(string operation, Func<Task> work)
    {
        lock (_gate)
        {
            _running++;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            catch (Exception failure)
            {
                log.Failed(operation, failure);
                if (failure is CallLockException or CallStoreException)
                {
                    RunAfter(Retry, operation, work);
                }
            }
            finally
            {
                Finished();
            }
        });
    }

    /// <summary>Runs work after a delay, unless the returned deadline is disposed before.</summary>
    public IDisposable RunAfter(TimeSpan delay, string operation, Func<Task> work)
    {
        Deadline deadline = new(this, operation, work);
        _deadlines.TryAdd(deadline, 0);
        deadline.Start(time, delay);
        return deadline;
    }

    /// <summary>Completes when nothing is running. Deadlines that lie ahead do not count.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (_running == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Forgets all deadlines.</summary>
    public void Dispose()
    {
        _stopped = true;
        foreach (Deadline deadline in _deadlines.Keys)
        {
            deadline.Dispose();
        }
    }

    private void Finished()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--_running == 0)
            {
                (idle, _idle) = (_idle, null);
            }
        }

        idle?.SetResult();
    }

    private sealed class Deadline(BackgroundTasks owner, string operation, Func<Task> work) : IDisposable
    {
        private ITimer? _timer;
        private int _isOver;

        public void Start(TimeProvider time, TimeSpan delay) =>
            _timer = time.CreateTimer(static state => ((Deadline)state!).Fire(), this, delay, Timeout.InfiniteTimeSpan);

        public void Dispose()
        {
            Interlocked.Exchange(ref _isOver, 1);
            owner._deadlines.TryRemove(this, out _);
            _timer?.Dispose();
        }

        private void Fire()
        {
            owner._deadlines.TryRemove(this, out _);
            if (Interlocked.Exchange(ref _isOver, 1) == 0 && !owner._stopped)
            {
                owner.Run(operation, work);
            }
        }
    }
}
