using Calls.Rtc.Sessions;

namespace Calls.Rtc.Tests.Sessions;

public sealed class NegotiationLockTests
{
    private readonly NegotiationLock _lock = new();

    [Fact]
    public void A_taken_lock_is_refused_to_both_sides()
    {
        Assert.True(_lock.TryAcquire(LockOwner.Client, 0));

        Assert.False(_lock.TryAcquire(LockOwner.Server, 1));
        Assert.False(_lock.TryAcquire(LockOwner.Client, 1));
    }

    [Fact]
    public void A_client_cannot_release_what_the_server_holds()
    {
        _lock.TryAcquire(LockOwner.Server, 0);

        Assert.False(_lock.Release(LockOwner.Client));
        Assert.Equal(LockOwner.Server, _lock.Owner);
    }

    [Fact]
    public void Releasing_a_free_lock_changes_nothing()
    {
        Assert.False(_lock.Release(LockOwner.Client));
        Assert.True(_lock.TryAcquire(LockOwner.Server, 0));
    }

    [Fact]
    public void A_silent_client_loses_the_lock_after_its_lease()
    {
        _lock.TryAcquire(LockOwner.Client, 1_000);

        Assert.False(_lock.TryAcquire(LockOwner.Server, 1_000 + NegotiationLock.LeaseMs - 1));
        Assert.True(_lock.TryAcquire(LockOwner.Server, 1_000 + NegotiationLock.LeaseMs));
    }

    [Fact]
    public void Progress_renews_the_lease()
    {
        _lock.TryAcquire(LockOwner.Client, 0);
        _lock.Renew(10_000);

        Assert.False(_lock.TryAcquire(LockOwner.Server, 20_000));
        Assert.Equal(25_000, _lock.DeadlineMs);
    }
}
