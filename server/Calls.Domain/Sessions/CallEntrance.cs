using Calls.Domain.Events;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>The part of joins that happens under the lock of a channel's call: for one, or for many at once (signaling.md 3.3, 6.7).</summary>
internal sealed class CallEntrance(
    CallDirectory directory,
    LocalSessions sessions,
    SessionLifecycle lifecycle,
    IMediaRouter media,
    IChatHost host,
    ICallRules rules,
    CallPosts posts,
    TimeProvider time)
{
    private static readonly TimeSpan MediaLimit = TimeSpan.FromSeconds(3.5);

    /// <summary>One lock and one state for all of them. Who may not enter is refused; the others do not notice.</summary>
    /// <exception cref="CallLockException"/>
    /// <exception cref="CallStoreException">None of those who were not refused has entered.</exception>
    public Task EnterAsync(ChannelId channel, IReadOnlyList<Joiner> joiners)
    {
        TimeSpan limit = CallDirectory.JoinLockLimit;
        foreach (Joiner joiner in joiners)
        {
            limit = Shorter(limit, joiner.Left);
        }

        return directory.RunAsync(channel, limit, work => EnterAsync(work, joiners));
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task EnterAsync(CallWork work, IReadOnlyList<Joiner> joiners)
    {
        List<Joiner> entering = Admit(work, joiners);
        if (entering.Count == 0)
        {
            return;
        }

        List<Joiner> admitted = [.. entering];
        Call call = work.Call!;
        bool isFirst = call.State.Phase == CallPhase.Starting;
        if (!isFirst)
        {
            entering.ForEach(joiner => call.ConfirmJoin(joiner.Session));
        }

        try
        {
            await work.CommitAsync();
        }
        catch (CallStoreException)
        {
            entering.ForEach(joiner => lifecycle.EndDoubtful(call.State.Channel, call.Id, joiner.Session, call.Find(joiner.Session)!.JoinedAt));
            throw;
        }

        entering.ForEach(joiner => sessions.Bind(call.State, call.Find(joiner.Session)!));
        try
        {
            // Media before the announcement: a call that cannot carry media must not ring.
            await Task.WhenAll(entering.Select(joiner => InitMediaAsync(joiner, call.Id)));
            List<Joiner> failed = entering.FindAll(joiner => joiner.Refusal is not null);
            if (failed.Count > 0)
            {
                entering.RemoveAll(failed.Contains);
                await CancelAsync(work, failed, hasOthers: entering.Count > 0);
            }

            if (isFirst && entering.Count > 0)
            {
                await AnnounceAsync(work, call.State, entering);
            }
        }
        catch
        {
            admitted.ForEach(joiner => lifecycle.EndSoon(call.State.Channel, call.Id, joiner.Session));
            throw;
        }
    }

    /// <summary>Gives a session to each of those who may enter.</summary>
    private List<Joiner> Admit(CallWork work, IReadOnlyList<Joiner> joiners)
    {
        List<Joiner> entering = [];
        foreach (Joiner joiner in joiners)
        {
            JoinRequest request = joiner.Request;
            JoinRefusal? refusal = (work.Call is null ? joiner.Admission.StartRefusal : null) ?? WhyNot(work.Call, request, joiner.Session);
            if (refusal is not null)
            {
                joiner.Refuse(refusal);
                continue;
            }

            Call call = work.Call ?? work.Start(joiner.Admission.Channel!.Kind, request.User, directory.Now);
            call.AddSession(joiner.Session, request.Connection, request.User, directory.Now);
            if (host.Bots.Contains(request.User))
            {
                call.AssignBot(new JobId(request.JobId), request.Connection);
            }

            entering.Add(joiner);
        }

        return entering;
    }

    private async Task AnnounceAsync(CallWork work, CallState started, List<Joiner> entering)
    {
        Joiner starter = entering.Find(joiner => joiner.Request.User == started.Owner) ?? entering[0];
        JoinRequest request = starter.Request;
        PostId? post = await posts.CreateAsync(started, request.Auth, request.Title, request.Thread, starter.Admission.IsTestMode);
        await work.ReopenAsync(CallDirectory.JoinLockLimit);
        Call call = work.Call!;
        call.Announce(post, post is null ? null : request.Thread ?? post);
        entering.ForEach(joiner => call.ConfirmJoin(joiner.Session));
        await work.CommitAsync();
    }

    private JoinRefusal? WhyNot(Call? call, JoinRequest request, SessionId session)
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

    private async Task InitMediaAsync(Joiner joiner, CallId call)
    {
        JoinRequest request = joiner.Request;
        using CancellationTokenSource limit = new(Shorter(MediaLimit, joiner.Left), time);
        try
        {
            await media.InitSessionAsync(
                new MediaSession(joiner.Session, call, request.Channel, request.User, request.Av1Support, request.DcSignaling), limit.Token);
        }
        catch (MediaUnavailableException failure)
        {
            joiner.Refuse(new JoinRefusal(JoinRefusalReason.MediaUnavailable, failure.Message));
        }
        catch (OperationCanceledException)
        {
            joiner.Refuse(new JoinRefusal(JoinRefusalReason.MediaUnavailable, "context deadline exceeded"));
        }
    }

    private async Task CancelAsync(CallWork work, List<Joiner> failed, bool hasOthers)
    {
        lifecycle.Forget(failed.Select(joiner => joiner.Session));
        CallState committed = work.Committed!;
        work.Forget(raised => hasOthers ? TellsOf(raised, failed, committed) : raised is not UserLeft);
        await work.ReopenAsync(CallDirectory.JoinLockLimit);
        if (work.Call is not { } call)
        {
            return;
        }

        // Who entered with them was sent a state that shows them.
        failed.ForEach(joiner => call.CancelJoin(joiner.Session, wasSeen: hasOthers && call.State.Phase != CallPhase.Starting));
        if (call.State.Phase == CallPhase.Starting && call.State.Sessions.IsEmpty)
        {
            await work.DiscardAsync();
        }
        else
        {
            await work.CommitAsync();
        }
    }

    private static bool TellsOf(CallEvent raised, List<Joiner> failed, CallState committed)
    {
        return raised switch
        {
            JoinAccepted joined => failed.Exists(joiner => joiner.Session == joined.Session),
            UserJoined joined => failed.Exists(joiner => joiner.Session == joined.Session),
            CallStateSent sent => IsOut(sent.Receiver),
            HostChanged changed => changed.Host is { } user && IsOut(user),
            _ => false,
        };

        // They may have another session that stays.
        bool IsOut(UserId user) => committed.Sessions.Values.Where(session => session.User == user)
            .All(session => failed.Exists(joiner => joiner.Session == session.Id));
    }
}
