using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>One lock per channel inside this process; the store adds the one between processes (modes.md 14).</summary>
public sealed class ChannelLocks(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ChannelId, Entry> _entries = [];

    /// <summary>Waits for the lock in order of arrival. Dispose the result to release it.</summary>
    /// <exception cref="CallLockException">Not free within <paramref name="limit"/>.</exception>
    public async Task<IDisposable> AcquireAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation)
    {
        Entry entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(channel, out entry!))
            {
                entry = new Entry();
                _entries.Add(channel, entry);
            }

            entry.Users++;
        }

        bool isAcquired = false;
        try
        {
            if (entry.Semaphore.Wait(0, CancellationToken.None))
            {
                isAcquired = true;
                return new Lease(this, channel, entry);
            }

            using CancellationTokenSource deadline = new(limit, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            await entry.Semaphore.WaitAsync(either.Token);
            isAcquired = true;
            return new Lease(this, channel, entry);
        }
        catch (OperationCanceledException expired)
        {
            throw new CallLockException(expired);
        }
        finally
        {
            if (!isAcquired)
            {
                Forget(channel, entry);
            }
        }
    }

    private void Forget(ChannelId channel, Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users == 0)
            {
                _entries.Remove(channel);
            }
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim Semaphore { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Lease(ChannelLocks owner, ChannelId channel, Entry entry) : IDisposable
    {
        private bool _isReleased;

        public void Dispose()
        {
            if (_isReleased)
            {
                return;
            }

            _isReleased = true;
            entry.Semaphore.Release();
            owner.Forget(channel, entry);
        }
    }
}
