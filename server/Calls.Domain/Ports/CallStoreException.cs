namespace Calls.Domain.Ports;

/// <summary>The store failed.</summary>
public sealed class CallStoreException(StoreOperation operation, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StoreOperation Operation { get; } = operation;
}
