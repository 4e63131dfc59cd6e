namespace Calls.Domain.Ports;

/// <summary>A transaction under the lock of one channel's call. Disposing without a commit undoes everything.</summary>
public interface ICallTransaction : IAsyncDisposable
{
    /// <summary>The newest active call of the channel.</summary>
    Task<CallState?> GetActiveCallAsync(CancellationToken cancellation);

    /// <summary>Writes the difference between two states of one call: its rows and those of its sessions and jobs.</summary>
    /// <param name="before"><c>null</c> if the call is new.</param>
    /// <param name="after">Its <see cref="CallState.EventNumber"/> is written as it is.</param>
    Task SaveAsync(CallState? before, CallState after, CancellationToken cancellation);

    /// <summary>Deletes a call that nobody ever learned of.</summary>
    Task DiscardAsync(CallId call, CancellationToken cancellation);

    Task CommitAsync(CancellationToken cancellation);
}
