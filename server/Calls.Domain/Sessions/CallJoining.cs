using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>Starts and joins calls (signaling.md 3.3): all checks in their order, then everything or nothing.</summary>
public sealed class CallJoining(
    CallDirectory directory,
    LocalSessions sessions,
    SessionLifecycle lifecycle,
    ICallStore store,
    IMediaRouter media,
    IChatHost host,
    ICallRules rules,
    CallPosts posts,
    TimeProvider time)
{
    // 5 s for the lock, 3.5 s for the media and 3 s for the post stay below the 12 s in which every join is answered.
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MediaLimit = TimeSpan.FromSeconds(3.5);

    /// <summary>Joins, starting the call if there is none; <c>null</c> on success.</summary>
    public async Task<JoinRefusal?> JoinAsync(JoinRequest request)
    {
        try
        {
            Admission admission = await AdmitAsync(request);
            return admission.Refusal ?? await directory.RunAsync(
                request.Channel, CallDirectory.JoinLockLimit, work => EnterAsync(work, request, admission));
        }
        catch (ChatHostException failure)
        {
            return new JoinRefusal(JoinRefusalReason.ChatHostFailed, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return new JoinRefusal(JoinRefusalReason.ChatHostFailed, "context deadline exceeded");
        }
        catch (CallLockException failure)
        {
            return new JoinRefusal(JoinRefusalReason.LockFailed, failure.Message);
        }
        catch (CallStoreException failure)
        {
            return new JoinRefusal(JoinRefusalReason.StoreFailed, failure.Message, failure.Operation);
        }
    }

    // Everything that asks Mattermost, before the lock (modes.md 14).
    private async Task<Admission> AdmitAsync(JoinRequest request)
    {
        using CancellationTokenSource limit = new(CheckLimit, time);
        bool isBot = host.Bots.Contains(request.User);
        if (!isBot && !await host.HasChannelPermissionAsync(request.User, request.Channel, ChannelPermission.CreatePost, limit.Token))
        {
            return Admission.Refused(JoinRefusalReason.Forbidden);
        }

        if (isBot && request.JobId.Length == 0)
        {
            return Admission.Refused(JoinRefusalReason.JobMissing);
        }

        if (await host.GetChannelAsync(request.Channel, limit.Token) is not { } channel)
        {
            return Admission.Refused(JoinRefusalReason.ChatHostFailed, "Unable to find the existing channel.");
        }

        if (channel.DeleteAt > 0)
        {
            return Admission.Refused(JoinRefusalReason.ChannelArchived);
        }

        _ = await host.GetMemberCountAsync(request.Channel, limit.Token);

        if (request.Thread is { } thread && await CheckThreadAsync(request.Channel, thread, limit.Token) is { } refusal)
        {
            return new Admission(refusal);
        }

        CallsChannel? setting;
        try
        {
            setting = await store.GetChannelAsync(request.Channel, limit.Token);
        }
        catch (CallStoreException failure)
        {
            return Admission.Refused(JoinRefusalReason.ChannelSettingUnreadable, failure.Message);
        }

        // What a bot joins for cannot be there without a call.
        return isBot ? new Admission(null, channel) : await MayStartAsync(request.User, channel, setting, limit.Token);
    }

    private async Task<JoinRefusal?> CheckThreadAsync(ChannelId channel, PostId thread, CancellationToken cancellation)
    {
        if (await host.GetPostAsync(thread, cancellation) is not { } post)
        {
            return new JoinRefusal(JoinRefusalReason.ChatHostFailed, "Unable to get the post.");
        }

        if (post.Channel != channel)
        {
            return new JoinRefusal(JoinRefusalReason.Forbidden);
        }

        if (post.DeleteAt > 0)
        {
            return new JoinRefusal(JoinRefusalReason.ThreadDeleted);
        }

        return post.Root is null ? null : new JoinRefusal(JoinRefusalReason.ThreadNotRoot);
    }

    // signaling.md 6.4; it counts only if there is no call once the lock is held.
    private async Task<Admission> MayStartAsync(UserId user, ChatChannel channel, CallsChannel? setting, CancellationToken cancellation)
    {
        if (setting?.IsEnabled is { } isEnabled)
        {
            return new Admission(null, channel, isEnabled ? null : new JoinRefusal(JoinRefusalReason.CallsDisabled));
        }

        if (rules.Current.DefaultEnabled)
        {
            return new Admission(null, channel);
        }

        bool isAdmin = await host.IsSystemAdminAsync(user, cancellation);
        return new Admission(
            null, channel, isAdmin ? null : new JoinRefusal(JoinRefusalReason.InsufficientPermissions), IsTestMode: true);
    }

    private async Task<JoinRefusal?> EnterAsync(CallWork work, JoinRequest request, Admission admission)
    {
        if (work.Call is null && admission.StartRefusal is { } startRefusal)
        {
            return startRefusal;
        }

        SessionId session = new(request.Connection.Value);
        if (Refuse(work.Call, request, session) is { } refusal)
        {
            return refusal;
        }

        Call call = work.Call ?? work.Start(admission.Channel!.Kind, request.User, directory.Now);
        bool isFirst = call.State.Phase == CallPhase.Starting;
        call.AddSession(session, request.Connection, request.User, directory.Now);
        if (host.Bots.Contains(request.User))
        {
            call.AssignBot(new JobId(request.JobId), request.Connection);
        }

        if (!isFirst)
        {
            call.ConfirmJoin(session);
        }

        await work.CommitAsync();
        sessions.Bind(call.State, call.Find(session)!);
        try
        {
            // Media before the announcement: a call that cannot carry media must not ring.
            if (await InitMediaAsync(request, call.Id, session) is { } failure)
            {
                await CancelAsync(work, session);
                return new JoinRefusal(JoinRefusalReason.MediaUnavailable, failure);
            }

            if (isFirst)
            {
                PostId? post = await posts.CreateAsync(call.State, request.Auth, request.Title, request.Thread, admission.IsTestMode);
                await work.ReopenAsync(CallDirectory.JoinLockLimit);
                work.Call!.Announce(post, post is null ? null : request.Thread ?? post);
                work.Call.ConfirmJoin(session);
                await work.CommitAsync();
            }

            return null;
        }
        catch
        {
            lifecycle.EndSoon(request.Channel, call.Id, session);
            throw;
        }
    }

    private JoinRefusal? Refuse(Call? call, JoinRequest request, SessionId session)
    {
        if (call?.Find(session) is not null)
        {
            return new JoinRefusal(JoinRefusalReason.AlreadyConnected);
        }

        if (sessions.Find(request.Connection) is { } other)
        {
            return new JoinRefusal(
                other.Channel == request.Channel ? JoinRefusalReason.AlreadyConnected : JoinRefusalReason.ConnectedElsewhere);
        }

        int limit = rules.Current.MaxParticipants;
        int others = call?.State.Sessions.Values.Count(s => !(s.IsMediaLost && s.User == request.User)) ?? 0;
        if (limit > 0 && others >= limit)
        {
            return new JoinRefusal(JoinRefusalReason.ParticipantLimit);
        }

        return host.Bots.Contains(request.User) ? RefuseBot(call, request) : null;
    }

    private static JoinRefusal? RefuseBot(Call? call, JoinRequest request)
    {
        if (call?.State.ActiveJob(JobKind.Recording) is null && call?.State.ActiveJob(JobKind.Transcription) is null)
        {
            return new JoinRefusal(JoinRefusalReason.NoJobInProgress);
        }

        return call.FindJoinable(new JobId(request.JobId)) is null ? new JoinRefusal(JoinRefusalReason.JobNotOpen) : null;
    }

    private async Task<string?> InitMediaAsync(JoinRequest request, CallId call, SessionId session)
    {
        using CancellationTokenSource limit = new(MediaLimit, time);
        try
        {
            await media.InitSessionAsync(
                new MediaSession(session, call, request.Channel, request.User, request.Av1Support, request.DcSignaling, host.Bots.Contains(request.User)),
                limit.Token);
            return null;
        }
        catch (MediaUnavailableException failure)
        {
            return failure.Message;
        }
        catch (OperationCanceledException)
        {
            return "context deadline exceeded";
        }
    }

    private async Task CancelAsync(CallWork work, SessionId session)
    {
        lifecycle.Forget([session]);
        work.ForgetAllButLeaves();
        await work.ReopenAsync(CallDirectory.JoinLockLimit);
        if (work.Call is not { } call)
        {
            return;
        }

        call.CancelJoin(session);
        if (call.State.Phase == CallPhase.Starting && call.State.Sessions.IsEmpty)
        {
            await work.DiscardAsync();
        }
        else
        {
            await work.CommitAsync();
        }
    }

    /// <param name="Refusal">The join fails whether or not there is a call.</param>
    /// <param name="StartRefusal">The join fails if there is no call.</param>
    /// <param name="IsTestMode">Only administrators may start calls, and this user is told so.</param>
    private sealed record Admission(
        JoinRefusal? Refusal, ChatChannel? Channel = null, JoinRefusal? StartRefusal = null, bool IsTestMode = false)
    {
        public static Admission Refused(JoinRefusalReason reason, string detail = "") => new(new JoinRefusal(reason, detail));
    }
}
