using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>
/// What one handler does to the call of a channel while it holds the lock: state and the numbers of its events are committed
/// together, and the events leave in order before the lock is released (modes.md 14).
/// </summary>
public sealed class CallWork : IAsyncDisposable
{
    private readonly ICallStore _store;
    private readonly ChannelId _channel;
    private readonly BotUsers _bots;
    private readonly List<(CallEvent Event, long Number)> _unpublished = [];
    private ICallTransaction? _transaction;
    private CallState? _stored;

    internal CallWork(ICallStore store, ChannelId channel, BotUsers bots)
    {
        _store = store;
        _channel = channel;
        _bots = bots;
    }

    /// <summary>The active call of the channel.</summary>
    public Call? Call { get; private set; }

    /// <summary>The last state that was committed.</summary>
    public CallState? Committed { get; private set; }

    internal bool HasCommitted { get; private set; }

    /// <summary>A commit failed, and may have happened all the same.</summary>
    internal bool IsDoubtful { get; private set; }

    /// <summary>Begins the channel's next call.</summary>
    public Call Start(ChannelKind? kind, UserId owner, long now) => Call = Call.Start(_channel, kind, owner, _bots, now);

    /// <summary>Writes what changed and ends the transaction. <see cref="Call"/> must not be changed before <see cref="ReopenAsync"/>.</summary>
    public async Task CommitAsync(CancellationToken cancellation = default)
    {
        ICallTransaction transaction = _transaction ?? throw new InvalidOperationException("The transaction is over.");
        Call call = Call ?? throw new InvalidOperationException("There is no call to save.");

        IReadOnlyList<CallEvent> events = call.TakeEvents();
        long number = call.State.EventNumber;
        CallState next = call.State with { EventNumber = number + events.Count };
        await transaction.SaveAsync(_stored, next, cancellation);
        IsDoubtful = true;
        await transaction.CommitAsync(cancellation);
        IsDoubtful = false;
        await CloseAsync();

        (Committed, HasCommitted) = (next, true);
        foreach (CallEvent raised in events)
        {
            _unpublished.Add((raised, ++number));
        }
    }

    /// <summary>A second transaction under the same lock, after something slow happened in between.</summary>
    public async Task ReopenAsync(TimeSpan limit, CancellationToken cancellation = default)
    {
        await CloseAsync();
        await OpenAsync(limit, cancellation);
    }

    /// <summary>Deletes a call that nobody has learned of.</summary>
    public async Task DiscardAsync(CancellationToken cancellation = default)
    {
        ICallTransaction transaction = _transaction ?? throw new InvalidOperationException("The transaction is over.");
        if (Call is not null)
        {
            await transaction.DiscardAsync(Call.Id, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        await CloseAsync();
        (Call, Committed, HasCommitted) = (null, null, true);
        _unpublished.Clear();
    }

    /// <summary>Nobody is told of some of what was committed so far.</summary>
    public void Forget(Predicate<CallEvent> isForgotten) => _unpublished.RemoveAll(entry => isForgotten(entry.Event));

    public async ValueTask DisposeAsync() => await CloseAsync();

    internal async Task OpenAsync(TimeSpan limit, CancellationToken cancellation)
    {
        _transaction = await _store.BeginAsync(_channel, limit, cancellation);
        _stored = await _transaction.GetActiveCallAsync(cancellation);
        Call = _stored is null ? null : new Call(_stored, _bots);
    }

    internal void Publish(ICallEvents events)
    {
        foreach ((CallEvent raised, long number) in _unpublished)
        {
            events.Publish(raised, number);
        }

        _unpublished.Clear();
    }

    private async Task CloseAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
            _transaction = null;
        }
    }
}
