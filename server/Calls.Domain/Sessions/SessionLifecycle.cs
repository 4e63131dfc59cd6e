using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>Life of a session after its join (signaling.md 6.2): sockets lost and found, and the end, exactly once whatever races.</summary>
public sealed class SessionLifecycle
{
    /// <summary>After this time without a socket a session with dead media goes.</summary>
    public static readonly TimeSpan ShortGrace = TimeSpan.FromSeconds(10);

    /// <summary>After this time without a socket every session goes: clients retry for 30 s.</summary>
    public static readonly TimeSpan LongGrace = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan MediaSilence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly CallDirectory _directory;
    private readonly LocalSessions _sessions;
    private readonly IMediaRouter _media;
    private readonly IChatHost _host;
    private readonly CallPosts _posts;
    private readonly BackgroundTasks _background;
    private readonly ICallLog _log;

    public SessionLifecycle(
        CallDirectory directory,
        LocalSessions sessions,
        IMediaRouter media,
        MediaReports reports,
        IChatHost host,
        CallPosts posts,
        BackgroundTasks background,
        ICallLog log)
    {
        (_directory, _sessions, _media, _host) = (directory, sessions, media, host);
        (_posts, _background, _log) = (posts, background, log);
        reports.SessionClosed += closed => background.Run("removing a session without media", () => EndAsync(closed));
    }

    /// <summary>Ends a session of this process at once, if it still exists.</summary>
    public Task EndAsync(SessionId session) => _sessions.Find(session) is { } local
        ? RemoveAsync(local.Channel, local.Call, session, binding: null)
        : Task.CompletedTask;

    /// <summary>Ends a session in the background, known to this process or not.</summary>
    public void EndSoon(ChannelId channel, CallId call, SessionId session) =>
        _background.Run("removing a session", () => RemoveAsync(channel, call, session, binding: null));

    /// <summary>
    /// Ends a session in the background if it exists after all: the store lost its connection while the join was committed. The same
    /// connection may have joined again meanwhile.
    /// </summary>
    /// <param name="joinedAt">Tells the session from a later one.</param>
    public void EndDoubtful(ChannelId channel, CallId call, SessionId session, long joinedAt) =>
        _background.Run("removing a doubtful session", () => RemoveAsync(channel, call, session, binding: null, joinedAt: joinedAt));

    /// <summary>Ends a session after a delay, if it still exists by then.</summary>
    public void EndAfter(TimeSpan delay, ChannelId channel, CallId call, SessionId session) =>
        _background.RunAfter(delay, "removing a session", () => RemoveAsync(channel, call, session, binding: null));

    /// <summary>The socket of a connection died: its session, if any, has its grace.</summary>
    public Task LoseSocketAsync(ConnectionId connection) => _sessions.Find(connection) is { } local
        ? StartGraceAsync(local, local.Binding)
        : Task.CompletedTask;

    /// <summary>Binds a session to the connection its client came back on; <c>null</c> on success.</summary>
    /// <exception cref="ChatHostException"/>
    /// <exception cref="CallLockException"/>
    /// <exception cref="CallStoreException"/>
    public async Task<ReconnectRefusal?> ReconnectAsync(
        UserId user, ConnectionId connection, ChannelId channel, SessionId session, CancellationToken cancellation)
    {
        if (!_host.Bots.Contains(user)
            && !await _host.HasChannelPermissionAsync(user, channel, ChannelPermission.CreatePost, cancellation))
        {
            return ReconnectRefusal.Forbidden;
        }

        return await _directory.RunAsync<ReconnectRefusal?>(channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call)
            {
                return ReconnectRefusal.NoCallOngoing;
            }

            if (call.Find(session) is not { } found || found.User != user)
            {
                return ReconnectRefusal.SessionNotFound;
            }

            if (_sessions.Find(connection) is { } other && other.Id != session)
            {
                return ReconnectRefusal.AlreadyReconnected;
            }

            call.Rebind(session, connection);
            await work.CommitAsync();
            _sessions.Bind(call.State, call.Find(session)!);
            return null;
        });
    }

    /// <summary>A user is no longer a member of a channel: their sessions in its call end (signaling.md 4.5).</summary>
    public async Task LeaveChannelAsync(UserId user, ChannelId channel)
    {
        CallState? seen = await _directory.ReadAsync(channel);
        foreach (CallSession session in seen?.Sessions.Values.Where(s => s.User == user) ?? [])
        {
            await RemoveAsync(channel, seen!.Id, session.Id, binding: null, tellUser: true);
        }
    }

    /// <summary>Forgets the sessions of a call that was ended, and their media.</summary>
    public void Forget(IEnumerable<SessionId> sessions)
    {
        foreach (SessionId session in sessions)
        {
            _sessions.Forget(session);
            _media.CloseSession(session);
        }
    }

    private async Task StartGraceAsync(LocalSession local, long binding)
    {
        try
        {
            await _directory.RunAsync(local.Channel, CallDirectory.LockLimit, async work =>
            {
                // It may have moved to another connection, or ended, while this waited.
                if (work.Call is not { } call || call.Id != local.Call || call.Find(local.Id)?.Binding != binding)
                {
                    return;
                }

                call.LoseSocket(local.Id, _directory.Now);
                await work.CommitAsync();
                local.IsSocketUp = false;
                local.Grace?.Dispose();
                local.Grace = _background.RunAfter(ShortGrace, "ending a grace", () => EndShortGraceAsync(local, binding));
            });
        }
        catch (Exception failure) when (failure is CallLockException or CallStoreException)
        {
            _log.Failed("starting a grace", failure);
            _background.RunAfter(Retry, "starting a grace", () => StartGraceAsync(local, binding));
        }
    }

    private async Task EndShortGraceAsync(LocalSession local, long binding)
    {
        bool isMediaAlive = _media.SilentFor(local.Id) is { } silence && silence <= MediaSilence;
        if (!isMediaAlive)
        {
            await RemoveAsync(local.Channel, local.Call, local.Id, binding);
            return;
        }

        // A reconnect meanwhile has another binding, and disposes what it finds here.
        local.Grace = _background.RunAfter(
            LongGrace - ShortGrace, "ending a grace", () => RemoveAsync(local.Channel, local.Call, local.Id, binding));
    }

    private async Task RemoveAsync(ChannelId channel, CallId callId, SessionId session, long? binding, bool tellUser = false, long? joinedAt = null)
    {
        try
        {
            CallState? after = await _directory.RunAsync(channel, CallDirectory.LockLimit, async work =>
            {
                Call? call = work.Call?.Id == callId ? work.Call : null;
                CallSession? found = call?.Find(session);
                if (found is not null && binding is not null && found.Binding != binding)
                {
                    return null;
                }

                if (joinedAt is not null && found?.JoinedAt != joinedAt)
                {
                    return null;
                }

                _media.CloseSession(session);
                if (found is not null)
                {
                    if (tellUser)
                    {
                        call!.TellLeft(session);
                    }

                    call!.Remove(session, _directory.Now);
                    await work.CommitAsync();
                }

                _sessions.Forget(session);
                return found is null ? null : work.Committed;
            });

            if (after is not null)
            {
                _posts.CloseSoon(after);
            }
        }
        catch (Exception failure) when (failure is CallLockException or CallStoreException)
        {
            // A session must not outlive its client because the store was away for a moment.
            _log.Failed("removing a session", failure);
            _background.RunAfter(Retry, "removing a session", () => RemoveAsync(channel, callId, session, binding, tellUser, joinedAt));
        }
    }
}
