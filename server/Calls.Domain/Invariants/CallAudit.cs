using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Domain.Invariants;

/// <summary>
/// Checks the invariants while the service runs: of one call at a time, under its lock, often enough to see what goes wrong and
/// seldom enough to cost nothing. What it finds is counted and logged, never repaired: a repair would hide the defect.
/// </summary>
public sealed class CallAudit(
    CallDirectory directory,
    ICallStore store,
    LocalSessions served,
    IMediaRouter media,
    IChatHost host,
    BackgroundTasks background,
    ICallAuditReport report)
{
    /// <summary>Between two samples.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    // Media may have ended a moment ago, with the removal of its session under way: only what is still so then counts.
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(15);

    /// <summary>Checks a random call now and then, as long as the process runs.</summary>
    public void SampleLater() => background.RunAfter(Period, "auditing a call", async () =>
    {
        try
        {
            if (directory.RandomChannel() is { } channel)
            {
                await SampleAsync(channel);
            }
        }
        catch (Exception failure) when (failure is CallLockException or CallStoreException)
        {
            // Busy or away: there will be other samples.
        }

        SampleLater();
    });

    /// <summary>Checks every call.</summary>
    public async Task<IReadOnlyList<CallViolation>> CheckAllAsync(CancellationToken cancellation)
    {
        IReadOnlyList<CallState> active = await store.GetActiveCallsAsync(cancellation);
        List<CallViolation> found = [.. CallInvariants.OfAll(active)];
        HashSet<ChannelId> channels = [.. active.Select(call => call.Channel), .. served.All.Select(session => session.Channel)];
        foreach (ChannelId channel in channels)
        {
            found.AddRange(await CheckAsync(channel, cancellation));
        }

        return found;
    }

    private async Task SampleAsync(ChannelId channel)
    {
        IReadOnlyList<CallViolation> first = await CheckAsync(channel, CancellationToken.None);
        report.Checked();
        if (first.Count > 0)
        {
            background.RunAfter(Recheck, "auditing a call again", async () =>
            {
                IReadOnlyList<CallViolation> second = await CheckAsync(channel, CancellationToken.None);
                foreach (CallViolation violation in second.Intersect(first))
                {
                    report.Violated(violation);
                }
            });
        }
    }

    private Task<IReadOnlyList<CallViolation>> CheckAsync(ChannelId channel, CancellationToken cancellation) =>
        directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            work =>
            {
                CallState? call = work.Call?.State;
                List<CallViolation> found = call is null ? [] : [.. CallInvariants.Of(call, host.Bots, directory.Now), .. CallInvariants.OfTransports(call, served, media)];
                found.AddRange(served.All
                    .Where(session => session.Channel == channel && (call?.Id != session.Call || !call.Sessions.ContainsKey(session.Id)))
                    .Select(session => new CallViolation(CallInvariant.TransportHasSession, channel, session.Id)));
                return Task.FromResult<IReadOnlyList<CallViolation>>(found);
            },
            cancellation);
}
