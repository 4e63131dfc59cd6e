namespace Calls.Domain.Ports;

/// <summary>Durable state of calls. Every method throws <see cref="CallStoreException"/> when the store fails.</summary>
public interface ICallStore
{
    /// <summary>
    /// Locks a channel's call and begins a transaction. Keep it short: no call to media or Mattermost inside (modes.md 14).
    /// </summary>
    /// <exception cref="CallLockException">The lock was not free within <paramref name="limit"/>.</exception>
    Task<ICallTransaction> BeginAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation);

    /// <summary>The newest active call of a channel, without the lock.</summary>
    Task<CallState?> GetActiveCallAsync(ChannelId channel, CancellationToken cancellation);

    Task<IReadOnlyList<CallState>> GetActiveCallsAsync(CancellationToken cancellation);

    /// <summary>Ended calls whose post does not show it yet.</summary>
    Task<IReadOnlyList<CallState>> GetEndingCallsAsync(CancellationToken cancellation);

    /// <summary>The post of an ended call shows its end.</summary>
    Task MarkEndedAsync(CallId call, CancellationToken cancellation);

    Task<CallsChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation);

    Task<IReadOnlyList<CallsChannel>> GetChannelsAsync(CancellationToken cancellation);

    Task PutChannelAsync(CallsChannel channel, CancellationToken cancellation);
}
