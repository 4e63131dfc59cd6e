namespace Calls.Rtc.Sessions;

/// <summary>Who may offer.</summary>
internal enum LockOwner
{
    None,
    Client,
    Server,
}

/// <summary>
/// The mutual exclusion of offers between a client and us (media.md 3.3, 5.5). The client's hold is a lease, so that one
/// that locks and vanishes cannot block our offers for the life of its session (DEV-8).
/// </summary>
/// <remarks>Owned by one session's mailbox: not thread-safe.</remarks>
internal sealed class NegotiationLock
{
    /// <summary>How long a client may hold the lock without a description going either way.</summary>
    public const long LeaseMs = 15_000;

    private long _leaseEndsMs;

    public LockOwner Owner { get; private set; }

    /// <summary>When the client's lease ends, <c>null</c> unless the client holds the lock.</summary>
    public long? DeadlineMs => Owner == LockOwner.Client ? _leaseEndsMs : null;

    /// <summary>Takes the lock if it is free. A holder that asks again is refused like anyone else.</summary>
    public bool TryAcquire(LockOwner owner, long nowMs)
    {
        Expire(nowMs);
        if (Owner != LockOwner.None)
        {
            return false;
        }

        Owner = owner;
        _leaseEndsMs = nowMs + LeaseMs;
        return true;
    }

    /// <summary>Gives the lock back. <c>false</c>: <paramref name="owner"/> does not hold it, and nothing changes.</summary>
    public bool Release(LockOwner owner)
    {
        if (Owner != owner || owner == LockOwner.None)
        {
            return false;
        }

        Owner = LockOwner.None;
        return true;
    }

    /// <summary>The client made progress: its lease starts anew.</summary>
    public void Renew(long nowMs) => _leaseEndsMs = nowMs + LeaseMs;

    /// <summary>Ends a client's lease that has run out.</summary>
    public void Expire(long nowMs)
    {
        if (Owner == LockOwner.Client && nowMs >= _leaseEndsMs)
        {
            Owner = LockOwner.None;
        }
    }
}
