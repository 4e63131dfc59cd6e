using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Domain.Recovery;

/// <summary>
/// Takes up the calls that a previous process left active. They are kept for re-joins for a while (modes.md 12, 17.3), or ended
/// at once as the reference does.
/// </summary>
public sealed class CallRecovery(
    CallDirectory directory, SessionLifecycle lifecycle, ICallStore store, CallPosts posts, JobDeadlines deadlines, BackgroundTasks background)
{
    /// <summary>How long calls are kept after the start.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(60);

    /// <summary>How often ended calls are looked for whose post is still open.</summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(20);

    public async Task RunAsync(bool endCalls, CancellationToken cancellation)
    {
        await CloseEndedAsync(cancellation);
        SweepLater();

        // Two active calls of one channel cannot come from us; ending the newest brings the older one to light.
        foreach (CallState left in await store.GetActiveCallsAsync(cancellation))
        {
            await TakeUpAsync(left.Channel, endCalls, cancellation);
        }
    }

    // A post must not go on saying that a call is going on because the one who ended it could not change the post.
    private async Task CloseEndedAsync(CancellationToken cancellation)
    {
        foreach (CallState ending in await store.GetEndingCallsAsync(cancellation))
        {
            posts.CloseSoon(ending);
        }
    }

    private void SweepLater() => background.RunAfter(SweepPeriod, "sweeping ended calls", async () =>
    {
        try
        {
            await CloseEndedAsync(CancellationToken.None);
        }
        catch (CallStoreException)
        {
            // Whoever needs the store says that it is away. The next sweep will find what there is.
        }

        SweepLater();
    });

    private async Task TakeUpAsync(ChannelId channel, bool endCalls, CancellationToken cancellation)
    {
        CallState? after = await directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            async work =>
            {
                if (work.Call is not { } call)
                {
                    return null;
                }

                // A call whose first join never finished is known to nobody; but its post may have been made.
                if (endCalls || call.State.Phase == CallPhase.Starting)
                {
                    call.ForceEnd(directory.Now);
                }
                else
                {
                    call.LoseMedia(directory.Now);
                }

                await work.CommitAsync(cancellation);
                return work.Committed;
            },
            cancellation);

        if (after is { EndAt: 0 })
        {
            background.RunAfter(Kept, "ending the time for re-joins", () => ExpireAsync(channel, after.Id));
            foreach (CallJob waiting in after.Jobs.Values.Where(job => job is { IsActive: true, HasStarted: false, Kind: not JobKind.Captions }))
            {
                deadlines.Watch(after, waiting);
            }
        }
        else if (after is not null)
        {
            posts.CloseSoon(after);
        }
    }

    private async Task ExpireAsync(ChannelId channel, CallId kept)
    {
        CallState? after = await directory.RunAsync(channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { State.Phase: CallPhase.Lost } call || call.Id != kept)
            {
                return null;
            }

            SessionId[] lost = [.. call.State.Sessions.Values.Where(s => s.IsMediaLost).Select(s => s.Id)];
            call.ExpireLost(directory.Now);
            await work.CommitAsync();
            lifecycle.Forget(lost);
            return work.Committed;
        });

        if (after is not null)
        {
            posts.CloseSoon(after);
        }
    }
}
