namespace Calls.Domain.Ports;

/// <summary>The store failed.</summary>
/// <param name="isUnavailable">The database does not answer; the same may succeed later.</param>
public sealed class CallStoreException(StoreOperation operation, string message, Exception? inner = null, bool isUnavailable = false)
    : Exception(message, inner)
{
    public StoreOperation Operation { get; } = operation;

    public bool IsUnavailable { get; } = isUnavailable;
}
