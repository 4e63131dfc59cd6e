using Calls.Domain.Events;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>The rules of one call. Changes its <see cref="State"/> and raises the events that tell of it, in order.</summary>
/// <remarks>Used under the lock of its channel only: not thread-safe. Times are Unix milliseconds.</remarks>
public sealed partial class Call(CallState state, BotUsers bots)
{
    private readonly List<CallEvent> _events = [];

    public CallState State { get; private set; } = state;

    public CallId Id => State.Id;

    private EventAudience Participants => new EventAudience.OfParticipants(State.Channel, State.UsersInCall(bots));

    private EventAudience Members => new EventAudience.OfChannel(State.Channel);

    /// <summary>A call that nobody knows of yet.</summary>
    public static Call Start(ChannelId channel, ChannelKind? kind, UserId owner, BotUsers bots, long now) => new(
        new CallState
        {
            Id = new CallId(RandomId.Next()),
            Channel = channel,
            ChannelKind = kind,
            Owner = owner,
            StartAt = now,
            Phase = CallPhase.Starting,
        },
        bots);

    /// <summary>The events raised since the last time, oldest first.</summary>
    public IReadOnlyList<CallEvent> TakeEvents()
    {
        CallEvent[] taken = [.. _events];
        _events.Clear();
        return taken;
    }

    public CallSession? Find(SessionId session) => State.Sessions.GetValueOrDefault(session);

    public void AddSession(SessionId session, ConnectionId connection, UserId user, long now)
    {
        if (!bots.Contains(user))
        {
            // The user came back after the media was lost: nobody appears twice (modes.md 17.3).
            foreach (CallSession lost in State.Sessions.Values.Where(s => s.User == user && s.IsMediaLost))
            {
                Drop(lost, now);
                RaiseLeft(lost);
            }

            State = State with { Participants = State.Participants.Add(user) };
        }

        CallSession added = new() { Id = session, User = user, JoinedAt = now, Connection = connection };
        State = State with { Sessions = State.Sessions.Add(session, added) };
        UpdateHost();
    }

    /// <summary>Tells the channel of the call, once.</summary>
    public void Announce(PostId? post, PostId? thread)
    {
        State = State with { Post = post, Thread = thread, Phase = CallPhase.Active };
        Raise(new CallStarted(Members, State));
    }

    /// <summary>The post came later than the announcement; the next <c>call_state</c> shows it.</summary>
    public void AttachPost(PostId post, PostId thread) => State = State with { Post = post, Thread = thread };

    /// <summary>Tells the joiner and everybody else that a session exists.</summary>
    public void ConfirmJoin(SessionId session)
    {
        CallSession joined = State.Sessions[session];
        Raise(new JoinAccepted(new EventAudience.OfConnection(joined.Connection), session));
        if (!bots.Contains(joined.User))
        {
            Raise(new UserJoined(Members, joined.User, session));
        }
        else
        {
            // A transcriber that joins later learns from it that the recording runs (signaling.md 2.12).
            AnnounceJob(JobKind.Recording);
        }

        Raise(new CallStateSent(new EventAudience.OfUser(joined.User), State, joined.User));
    }

    /// <summary>Takes back a session whose media could not be set up, as if it had never been.</summary>
    /// <param name="wasSeen">Others were shown the session, and are told that it is gone.</param>
    public void CancelJoin(SessionId session, bool wasSeen = false)
    {
        if (Find(session) is not { } cancelled)
        {
            return;
        }

        State = State with { Sessions = State.Sessions.Remove(session) };
        UnassignBot(session);
        if (wasSeen)
        {
            RaiseLeft(cancelled);
        }

        if (State.Sessions.IsEmpty)
        {
            State = State with { Host = null };
        }
        else
        {
            UpdateHost();
        }
    }

    /// <summary>Removes a session with every effect of it, in the order of signaling.md 6.5.</summary>
    public void Remove(SessionId session, long now)
    {
        CallSession removed = State.Sessions[session];
        Drop(removed, now);
        FollowUpOnJobs(removed, now);
        RaiseLeft(removed);

        if (State.Host == removed.User && !State.Sessions.IsEmpty)
        {
            UpdateHost();
        }

        if (State.Sessions.IsEmpty && State.Phase != CallPhase.Lost)
        {
            End(now);
        }
    }

    /// <summary>Tells a user, who no longer hears the channel's events, that a session of theirs ends (signaling.md 4.5).</summary>
    public void TellLeft(SessionId session)
    {
        CallSession leaving = State.Sessions[session];
        Raise(new UserLeft(new EventAudience.OfUser(leaving.User), State.Channel, leaving.User, session));
    }

    public void SetMuted(SessionId session, bool isMuted)
    {
        CallSession changed = State.Sessions[session] with { IsUnmuted = !isMuted };
        Replace(changed);
        RaiseChange(isMuted ? SessionChange.Muted : SessionChange.Unmuted, changed);
    }

    public void RaiseHand(SessionId session, long now) => SetHand(session, now);

    public void LowerHand(SessionId session) => SetHand(session, 0);

    public ScreenShareResult StartScreenShare(SessionId session, long now)
    {
        if (State.ScreenSharer is not null)
        {
            return ScreenShareResult.SomebodyElseShares;
        }

        State = State with
        {
            ScreenSharer = session,
            ScreenStartAt = now / 1000,
            Statistics = State.Statistics with { HasUsedScreenShare = true },
        };
        RaiseChange(SessionChange.ScreenOn, State.Sessions[session]);
        return ScreenShareResult.Done;
    }

    public ScreenShareResult StopScreenShare(SessionId session, long now)
    {
        if (State.ScreenSharer != session)
        {
            return ScreenShareResult.SomebodyElseShares;
        }

        CloseScreenShare(now);
        RaiseChange(SessionChange.ScreenOff, State.Sessions[session]);
        return ScreenShareResult.Done;
    }

    public void StartVideo(SessionId session, long now)
    {
        CallSession changed = State.Sessions[session] with { HasVideo = true };
        Replace(changed);
        State = State with
        {
            VideoStartAt = State.VideoStartAt.ContainsKey(session) ? State.VideoStartAt : State.VideoStartAt.Add(session, now / 1000),
            Statistics = State.Statistics with { HasUsedVideo = true },
        };
        RaiseChange(SessionChange.VideoOn, changed);
    }

    public void StopVideo(SessionId session, long now)
    {
        CallSession changed = State.Sessions[session] with { HasVideo = false };
        Replace(changed);
        CloseVideo(session, now);
        RaiseChange(SessionChange.VideoOff, changed);
    }

    /// <summary>Makes a user host and locks the role to them (signaling.md 6.8). They must have a session.</summary>
    public void MakeHost(UserId user)
    {
        if (State.Host == user)
        {
            State = State with { LockedHost = State.LockedHost ?? user };
            return;
        }

        State = State with { Host = user, LockedHost = user };
        Raise(new HostChanged(Participants, Id, user));
    }

    public void Dismiss(UserId user)
    {
        State = State with { Dismissed = State.Dismissed.Add(user) };
        Raise(new NotificationDismissed(new EventAudience.OfUser(user), Id, user));
    }

    /// <summary>Asks everybody to leave; whoever does not is removed by <see cref="ForceEnd"/>.</summary>
    public void RequestEnd() => Raise(new CallEndRequested(Members));

    /// <summary>Another socket carries the session from now on.</summary>
    public void Rebind(SessionId session, ConnectionId connection)
    {
        CallSession bound = State.Sessions[session];
        RebindBot(bound.Connection, connection);
        Replace(bound with { Connection = connection, Binding = bound.Binding + 1, SocketDownAt = 0 });
    }

    public void LoseSocket(SessionId session, long now) => Replace(State.Sessions[session] with { SocketDownAt = now });

    /// <summary>The process that had the media is gone. Sessions stay for re-joins, cameras and the screen are off (modes.md 17.3).</summary>
    public void LoseMedia(long now)
    {
        if (State.ScreenSharer is { } sharer)
        {
            CloseScreenShare(now);
            if (Find(sharer) is { } sharing)
            {
                RaiseChange(SessionChange.ScreenOff, sharing);
            }
        }

        foreach (CallSession session in State.Sessions.Values)
        {
            if (session.HasVideo)
            {
                StopVideo(session.Id, now);
            }

            long downAt = session.SocketDownAt == 0 ? now : session.SocketDownAt;
            Replace(State.Sessions[session.Id] with { IsMediaLost = true, SocketDownAt = downAt });
        }

        State = State with { Phase = CallPhase.Lost, LostAt = now };
    }

    /// <summary>The time for re-joins is over: lost sessions go, and the call with them if nobody is left.</summary>
    public void ExpireLost(long now)
    {
        State = State with { Phase = CallPhase.Active, LostAt = 0 };
        if (State.Sessions.IsEmpty)
        {
            End(now);
            return;
        }

        foreach (CallSession lost in State.Sessions.Values.Where(s => s.IsMediaLost))
        {
            Remove(lost.Id, now);
        }
    }

    /// <summary>Ends the call whatever sessions it has, telling nobody (signaling.md 6.9).</summary>
    public void ForceEnd(long now)
    {
        CloseScreenShare(now);
        foreach (CallSession session in State.Sessions.Values)
        {
            CloseVideo(session.Id, now);
        }

        State = State with { Sessions = State.Sessions.Clear() };
        End(now);
    }

    private static long WholeSeconds(long startSeconds, long now) =>
        (long)Math.Round(Math.Max(0, now - (startSeconds * 1000)) / 1000.0, MidpointRounding.AwayFromZero);

    // signaling.md 6.8: the locked host if present, else whoever is host now, else the earliest to join.
    private UserId? SelectHost()
    {
        if (State.LockedHost is { } locked && State.HasSessionOf(locked))
        {
            return locked;
        }

        if (State.Host is { } current && State.HasSessionOf(current))
        {
            return current;
        }

        return State.Sessions.Values.Where(s => !bots.Contains(s.User)).MinBy(s => s.JoinedAt)?.User;
    }

    private void UpdateHost()
    {
        UserId? host = SelectHost();
        if (host != State.Host)
        {
            State = State with { Host = host };
            Raise(new HostChanged(Participants, Id, host));
        }
    }

    private void Drop(CallSession session, long now)
    {
        State = State with { Sessions = State.Sessions.Remove(session.Id) };

        if (State.ScreenSharer == session.Id)
        {
            CloseScreenShare(now);
            Raise(new ScreenShareLost(Participants));
        }

        if (session.HasVideo)
        {
            CloseVideo(session.Id, now);
            RaiseChange(SessionChange.VideoOff, session);
        }
    }

    private void End(long now)
    {
        CloseJobs(now);
        State = State with
        {
            EndAt = now,
            Host = null,
            Dismissed = State.Dismissed.Clear(),
            VideoStartAt = State.VideoStartAt.Clear(),
            Phase = CallPhase.Ending,
            LostAt = 0,
        };
    }

    private void CloseScreenShare(long now)
    {
        if (State.ScreenSharer is null)
        {
            return;
        }

        CallStatistics statistics = State.Statistics;
        State = State with
        {
            ScreenSharer = null,
            ScreenStartAt = 0,
            Statistics = statistics with { ScreenDuration = statistics.ScreenDuration + WholeSeconds(State.ScreenStartAt, now) },
        };
    }

    private void CloseVideo(SessionId session, long now)
    {
        if (!State.VideoStartAt.TryGetValue(session, out long startSeconds))
        {
            return;
        }

        CallStatistics statistics = State.Statistics;
        State = State with
        {
            VideoStartAt = State.VideoStartAt.Remove(session),
            Statistics = statistics with { VideoDuration = statistics.VideoDuration + WholeSeconds(startSeconds, now) },
        };
    }

    private void SetHand(SessionId session, long raisedAt)
    {
        CallSession changed = State.Sessions[session] with { RaisedHandAt = raisedAt };
        Replace(changed);
        Raise(new HandChanged(Participants, changed.User, session, raisedAt));
    }

    private void Replace(CallSession session) => State = State with { Sessions = State.Sessions.SetItem(session.Id, session) };

    private void RaiseChange(SessionChange change, CallSession session) =>
        Raise(new SessionChanged(Participants, change, session.User, session.Id));

    private void RaiseLeft(CallSession session)
    {
        if (!bots.Contains(session.User))
        {
            Raise(new UserLeft(Members, State.Channel, session.User, session.Id));
        }
    }

    private void Raise(CallEvent raised)
    {
        // Without a session there is no participant to tell (signaling.md 4.1).
        if (raised.Audience is EventAudience.OfParticipants && State.Sessions.IsEmpty)
        {
            return;
        }

        _events.Add(raised);
    }
}
