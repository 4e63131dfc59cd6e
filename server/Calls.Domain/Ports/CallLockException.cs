namespace Calls.Domain.Ports;

/// <summary>A call's lock was not free in time.</summary>
public sealed class CallLockException(Exception? inner = null)
    : Exception("failed to lock: context deadline exceeded", inner);
