using Calls.Domain.Events;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Domain.HostControl;

/// <summary>
/// What the host, or a system administrator, may do to a call (signaling.md 3.5, rest-api.md 3.10). The client is asked, and what it
/// sends is not passed on from that moment; if it does not obey within a while, the state of the call follows by itself.
/// </summary>
public sealed class HostControls(
    CallDirectory directory,
    LocalSessions sessions,
    SessionLifecycle lifecycle,
    IMediaRouter media,
    IChatHost host,
    CallPosts posts,
    BackgroundTasks background)
{
    private static readonly TimeSpan ObedienceDelay = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RemovalDelay = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan EndDelay = TimeSpan.FromSeconds(5);

    public async Task<HostActionResult> MakeHostAsync(ChannelId channel, UserId requester, UserId target, CancellationToken cancellation)
    {
        (HostActionResult permitted, _) = await PermitAsync(channel, requester, cancellation);
        if (permitted != HostActionResult.Done)
        {
            return permitted;
        }

        return await directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            async work =>
            {
                if (work.Call is not { } call)
                {
                    return HostActionResult.NoCallOngoing;
                }

                if (host.Bots.Contains(target))
                {
                    return HostActionResult.BotNotAllowed;
                }

                if (!call.State.HasSessionOf(target))
                {
                    return HostActionResult.NotInCall;
                }

                call.MakeHost(target);
                await work.CommitAsync();
                return HostActionResult.Done;
            },
            cancellation);
    }

    public Task<HostActionResult> MuteAsync(ChannelId channel, UserId requester, SessionId target, CancellationToken cancellation) =>
        AskAsync(channel, requester, target, cancellation, (call, session) => session.IsUnmuted ? Mute(call.Channel, session) : null);

    public async Task<HostActionResult> MuteOthersAsync(ChannelId channel, UserId requester, CancellationToken cancellation)
    {
        (HostActionResult permitted, CallState? call) = await PermitAsync(channel, requester, cancellation);
        foreach (CallSession session in call?.Sessions.Values.Where(s => s.IsUnmuted && s.User != requester) ?? [])
        {
            directory.Publish(Mute(channel, session));
        }

        return permitted;
    }

    public Task<HostActionResult> StopScreenShareAsync(ChannelId channel, UserId requester, SessionId target, CancellationToken cancellation) =>
        AskAsync(channel, requester, target, cancellation, (call, session) => call.ScreenSharer == session.Id ? StopScreen(call, session) : null);

    public Task<HostActionResult> LowerHandAsync(ChannelId channel, UserId requester, SessionId target, CancellationToken cancellation) =>
        AskAsync(channel, requester, target, cancellation, (call, session) => session.RaisedHandAt > 0
            ? new HostLowerHandRequested(new EventAudience.OfUser(session.User), call.Id, call.Channel, session.Id, requester)
            : null);

    public Task<HostActionResult> RemoveAsync(ChannelId channel, UserId requester, SessionId target, CancellationToken cancellation) =>
        AskAsync(channel, requester, target, cancellation, (call, session) =>
        {
            lifecycle.EndAfter(RemovalDelay, call.Channel, call.Id, session.Id);
            media.Send(session.Id, MediaMessage.Mute);
            media.Send(session.Id, MediaMessage.VideoOff);
            if (call.ScreenSharer == session.Id)
            {
                media.Send(session.Id, MediaMessage.ScreenOff);
            }

            EventAudience participants = new EventAudience.OfParticipants(call.Channel, call.UsersInCall(host.Bots));
            return new HostRemovedSession(participants, call.Id, call.Channel, session.User, session.Id);
        });

    public async Task<HostActionResult> EndAsync(ChannelId channel, UserId requester, CancellationToken cancellation)
    {
        (HostActionResult permitted, _) = await PermitAsync(channel, requester, cancellation);
        if (permitted != HostActionResult.Done)
        {
            return permitted;
        }

        return await directory.RunAsync(
            channel,
            CallDirectory.LockLimit,
            async work =>
            {
                if (work.Call is not { } call)
                {
                    return HostActionResult.NoCallOngoing;
                }

                call.RequestEnd();
                await work.CommitAsync();
                CallId ending = call.Id;
                background.RunAfter(EndDelay, "ending a call", () => ForceEndAsync(channel, ending));
                return HostActionResult.Done;
            },
            cancellation);
    }

    private HostMuteRequested Mute(ChannelId channel, CallSession session)
    {
        media.Send(session.Id, MediaMessage.Mute);
        if (sessions.Find(session.Id) is { } local)
        {
            object asked = local.MuteRequest = new object();
            background.RunAfter(ObedienceDelay, "muting a session", () => EnforceAsync(channel, call =>
            {
                // Whatever the user did since then counts more.
                if (local.MuteRequest == asked && call.Find(session.Id) is { IsUnmuted: true })
                {
                    call.SetMuted(session.Id, isMuted: true);
                }
            }));
        }

        return new HostMuteRequested(new EventAudience.OfUser(session.User), channel, session.Id);
    }

    private HostScreenOffRequested StopScreen(CallState seen, CallSession session)
    {
        media.Send(session.Id, MediaMessage.ScreenOff);
        background.RunAfter(ObedienceDelay, "ending a screen share", () => EnforceAsync(seen.Channel, call =>
        {
            if (call.Id == seen.Id && call.State.ScreenSharer == session.Id && call.State.ScreenStartAt == seen.ScreenStartAt)
            {
                call.StopScreenShare(session.Id, directory.Now);
            }
        }));
        return new HostScreenOffRequested(new EventAudience.OfUser(session.User), seen.Channel, session.Id);
    }

    private Task EnforceAsync(ChannelId channel, Action<Call> enforce) => directory.RunAsync(channel, CallDirectory.LockLimit, async work =>
    {
        if (work.Call is { } call)
        {
            enforce(call);
            await work.CommitAsync();
        }
    });

    // The clients had their time to leave. A call that ended by itself meanwhile stays as it is.
    private async Task ForceEndAsync(ChannelId channel, CallId ending)
    {
        CallState? ended = await directory.RunAsync(channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call || call.Id != ending)
            {
                return null;
            }

            IEnumerable<SessionId> left = call.State.Sessions.Keys;
            call.ForceEnd(directory.Now);
            await work.CommitAsync();
            lifecycle.Forget(left);
            return work.Committed;
        });

        if (ended is not null)
        {
            posts.CloseSoon(ended);
        }
    }

    private async Task<HostActionResult> AskAsync(
        ChannelId channel,
        UserId requester,
        SessionId target,
        CancellationToken cancellation,
        Func<CallState, CallSession, CallEvent?> ask)
    {
        (HostActionResult permitted, CallState? call) = await PermitAsync(channel, requester, cancellation);
        if (call is null)
        {
            return permitted;
        }

        if (!call.Sessions.TryGetValue(target, out CallSession? session))
        {
            return HostActionResult.NotInCall;
        }

        if (ask(call, session) is { } request)
        {
            directory.Publish(request);
        }

        return HostActionResult.Done;
    }

    private async Task<(HostActionResult Result, CallState? Call)> PermitAsync(
        ChannelId channel, UserId requester, CancellationToken cancellation)
    {
        if (await directory.ReadAsync(channel, cancellation) is not { } call)
        {
            return (HostActionResult.NoCallOngoing, null);
        }

        return call.Host == requester || await host.IsSystemAdminAsync(requester, cancellation)
            ? (HostActionResult.Done, call)
            : (HostActionResult.NoPermissions, null);
    }
}
