using System.Collections.Concurrent;
using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>The calls of all channels: at most one active call per channel, changed by one handler at a time.</summary>
public sealed class CallDirectory(ICallStore store, ICallEvents events, IChatHost host, TimeProvider time)
{
    /// <summary>How long a join waits for the lock, so that every join is answered within 12 s (signaling.md 3.3).</summary>
    public static readonly TimeSpan JoinLockLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long everything else waits (signaling.md 6.6).</summary>
    public static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(10);

    private readonly ChannelLocks _locks = new(time);
    private readonly ConcurrentDictionary<ChannelId, CallState> _current = new();

    // Channels in which a commit failed and nobody knows whether it happened: its events were not published.
    private readonly ConcurrentDictionary<ChannelId, byte> _doubtful = new();

    public BotUsers Bots => host.Bots;

    /// <summary>Unix milliseconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// The last state this process committed for a channel's active call, without the lock: for events that carry no state
    /// (signaling.md 6.6).
    /// </summary>
    public CallState? Current(ChannelId channel) => _current.GetValueOrDefault(channel);

    /// <summary>A channel with an active call, any; <c>null</c> without calls.</summary>
    public ChannelId? RandomChannel()
    {
        ChannelId[] channels = [.. _current.Keys];
        return channels.Length == 0 ? null : channels[Random.Shared.Next(channels.Length)];
    }

    /// <summary>Runs a handler under the lock of a channel's call; publishes its events in order before releasing it.</summary>
    /// <exception cref="CallLockException"/>
    /// <exception cref="CallStoreException"/>
    public async Task<T> RunAsync<T>(
        ChannelId channel, TimeSpan limit, Func<CallWork, Task<T>> handler, CancellationToken cancellation = default)
    {
        long start = time.GetTimestamp();
        using IDisposable lease = await _locks.AcquireAsync(channel, limit, cancellation);
        TimeSpan left = limit - time.GetElapsedTime(start);

        await using CallWork work = new(store, channel, host.Bots);
        try
        {
            await work.OpenAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellation);
            if (_doubtful.TryRemove(channel, out _))
            {
                Refresh(channel, work.Call?.State);
            }

            return await handler(work);
        }
        finally
        {
            if (work.IsDoubtful)
            {
                _doubtful[channel] = 0;
            }

            Remember(channel, work);
            work.Publish(events);
        }
    }

    /// <summary>Like the other overload, for handlers without a result.</summary>
    public Task RunAsync(ChannelId channel, TimeSpan limit, Func<CallWork, Task> handler, CancellationToken cancellation = default) =>
        RunAsync(
            channel,
            limit,
            async work =>
            {
                await handler(work);
                return true;
            },
            cancellation);

    /// <summary>Publishes an event that carries no state, without the lock.</summary>
    public void Publish(CallEvent callEvent) => events.Publish(callEvent);

    /// <summary>PART audience of a channel's call as of now; <c>null</c> without an active call.</summary>
    public EventAudience? ParticipantsOf(ChannelId channel) => Current(channel) is { } call
        ? new EventAudience.OfParticipants(channel, call.UsersInCall(host.Bots))
        : null;

    /// <summary>The active call of a channel as stored, without the lock.</summary>
    public Task<CallState?> ReadAsync(ChannelId channel, CancellationToken cancellation = default) =>
        store.GetActiveCallAsync(channel, cancellation);

    // The commit may have happened after all: who heard nothing of it is told how the call stands now (modes.md 14).
    private void Refresh(ChannelId channel, CallState? stored)
    {
        if (Current(channel) is not { } known || (stored?.Id == known.Id && stored.EventNumber == known.EventNumber))
        {
            return;
        }

        if (stored?.Id != known.Id)
        {
            _current.TryRemove(channel, out _);
            events.Publish(new CallEndRequested(new EventAudience.OfChannel(channel)));
            return;
        }

        _current[channel] = stored;
        foreach (UserId user in stored.UsersInCall(host.Bots))
        {
            events.Publish(new CallStateSent(new EventAudience.OfUser(user), stored, user));
        }
    }

    private void Remember(ChannelId channel, CallWork work)
    {
        if (!work.HasCommitted)
        {
            return;
        }

        if (work.Committed is { EndAt: 0 } active)
        {
            _current[channel] = active;
        }
        else
        {
            _current.TryRemove(channel, out _);
        }
    }
}
