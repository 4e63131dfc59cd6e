using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

/// <summary>Holds one call.</summary>
internal sealed class MemoryCallStore : ICallStore
{
    public CallState? Active { get; private set; }

    public bool FailsCommits { get; set; }

    /// <summary>Commits, and reports that it failed: the answer was lost.</summary>
    public bool LosesAnswers { get; set; }

    public Task<ICallTransaction> BeginAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation) =>
        Task.FromResult<ICallTransaction>(new Transaction(this));

    public Task<CallState?> GetActiveCallAsync(ChannelId channel, CancellationToken cancellation) => Task.FromResult(Active);

    public Task<IReadOnlyList<CallState>> GetActiveCallsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<CallState>>(Active is null ? [] : [Active]);

    public Task<IReadOnlyList<CallState>> GetEndingCallsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<CallState>>([]);

    public Task MarkEndedAsync(CallId call, CancellationToken cancellation) => Task.CompletedTask;

    public Task<CallsChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) => Task.FromResult<CallsChannel?>(null);

    public Task<IReadOnlyList<CallsChannel>> GetChannelsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<CallsChannel>>([]);

    public Task PutChannelAsync(CallsChannel channel, CancellationToken cancellation) => Task.CompletedTask;

    private sealed class Transaction(MemoryCallStore owner) : ICallTransaction
    {
        private CallState? _next = owner.Active;

        public Task<CallState?> GetActiveCallAsync(CancellationToken cancellation) => Task.FromResult(owner.Active);

        public Task SaveAsync(CallState? before, CallState after, CancellationToken cancellation)
        {
            _next = after.EndAt == 0 ? after : null;
            return Task.CompletedTask;
        }

        public Task DiscardAsync(CallId call, CancellationToken cancellation)
        {
            _next = null;
            return Task.CompletedTask;
        }

        public Task CommitAsync(CancellationToken cancellation)
        {
            if (owner.FailsCommits)
            {
                throw new CallStoreException(StoreOperation.UpdateCall, "disk full");
            }

            owner.Active = _next;
            if (owner.LosesAnswers)
            {
                throw new CallStoreException(StoreOperation.UpdateCall, "connection lost");
            }

            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
