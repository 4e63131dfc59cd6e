using System.Collections.Concurrent;
using Calls.Rtc;
using Calls.Rtcd.Protocol;
using Calls.Server.Rtcd.WebSockets;

namespace Calls.Server.Rtcd.Sessions;

/// <summary>The sessions of all clients: what clients say goes to the media server, what it says goes to the client's connection (rtcd.md 6, 7).</summary>
internal sealed class RtcdSessions(RtcdMetrics metrics, ILogger<RtcdSessions> log) : IRtcEvents
{
    /// <summary>In the whole process; a join past it is answered with <c>close</c>.</summary>
    public const int MaxSessions = 50_000;

    /// <summary>Connections of one client at a time: it has one per node.</summary>
    public const int MaxConnectionsPerClient = 100;

    /// <summary>Characters of an id; those of plugins have 26.</summary>
    private const int MaxIdLength = 256;

    private readonly ConcurrentDictionary<string, RtcdSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RtcdConnection> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Group, string Call), string> _sharers = new();
    private readonly TaskCompletionSource<IRtcServer> _media = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Count => _sessions.Count;

    /// <summary>The media server is started after the API listens; joins wait for it.</summary>
    public void Attach(IRtcServer media) => _media.TrySetResult(media);

    /// <summary>Serves a connection until it is over. Its sessions go on without it.</summary>
    /// <returns><c>false</c>: this client has too many.</returns>
    public async Task<bool> TryServeAsync(RtcdConnection connection)
    {
        // Two that race for the last place may both get in.
        if (_connections.Values.Count(other => other.ClientId == connection.ClientId) >= MaxConnectionsPerClient)
        {
            return false;
        }

        _connections[connection.Id] = connection;
        metrics.OnConnected(connection.ClientId);
        log.LogConnected(connection.Id, connection.ClientId);
        try
        {
            await connection.RunAsync((result, message) => HandleAsync(connection, result, message));
        }
        finally
        {
            _connections.TryRemove(connection.Id, out _);
            metrics.OnDisconnected(connection.ClientId);
            log.LogDisconnected(connection.Id, connection.ClientId);
        }

        return true;
    }

    /// <summary>Cuts all connections.</summary>
    public void AbortConnections()
    {
        foreach (RtcdConnection connection in _connections.Values)
        {
            connection.Abort();
        }
    }

    /// <summary>Sessions of a client in one of its calls; <c>null</c> with the reason when there is none.</summary>
    public (IReadOnlyList<RtcdSession>? Sessions, string Fault) FindCall(string clientId, string callId)
    {
        RtcdSession[] ofClient = [.. _sessions.Values.Where(session => session.Config.GroupId == clientId)];
        RtcdSession[] ofCall = [.. ofClient.Where(session => session.Config.CallId == callId)];
        return ofClient.Length == 0 ? (null, "group not found")
            : ofCall.Length == 0 ? (null, "call not found")
            : (ofCall, "");
    }

    public void OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        if (!_sessions.TryGetValue(session.SessionId, out RtcdSession? known))
        {
            return;
        }

        bool isVoice = type is RtcMessageType.VoiceOn or RtcMessageType.VoiceOff;
        bool isSent = TrySend(known, isVoice
            ? new VoiceActivityMessage(session.GroupId, session.UserId, session.SessionId, session.CallId, (int)type)
            : new RtcMessage(session.GroupId, session.UserId, session.SessionId, session.CallId, (int)type, data));
        if (isSent)
        {
            metrics.OnMessage(session.GroupId, isVoice ? "vad" : "rtc", isInbound: false);
        }
    }

    public void OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason)
    {
        if (_sessions.TryRemove(session.SessionId, out RtcdSession? ended))
        {
            TryStopSharing(session);
            TrySend(ended, new CloseMessage(session.SessionId));
        }
    }

    private async ValueTask HandleAsync(RtcdConnection from, RtcdReadResult result, RtcdMessage? message)
    {
        if (message is null)
        {
            metrics.OnRefused(result);
            log.LogUnreadable(from.Id, result);
            return;
        }

        metrics.OnMessage(from.ClientId, NameOf(message), isInbound: true);
        IRtcServer media = await _media.Task;
        switch (message)
        {
            case JoinMessage join:
                Join(media, from, join);
                break;
            case RtcMessage rtc:
                Pass(media, from, rtc);
                break;
            case LeaveMessage leave when Find(from, leave.SessionId) is not null:
                media.CloseSession(leave.SessionId);
                break;
            case ReconnectMessage reconnect when Find(from, reconnect.SessionId) is { } session:
                session.Connection = from;
                break;
            case LeaveMessage or ReconnectMessage:
                break; // not known, or not theirs (rtcd.md 15)
            default:
                log.LogUnexpected(from.Id);
                break;
        }
    }

    private void Join(IRtcServer media, RtcdConnection from, JoinMessage join)
    {
        if (new[] { join.CallId, join.UserId, join.SessionId, join.ChannelId as string ?? "" }.Any(static id => id.Length > MaxIdLength))
        {
            log.LogJoinFailed(from.Id, "an id is too long");
            return;
        }

        var config = new RtcSessionConfig(
            from.ClientId,
            join.CallId,
            join.UserId,
            join.SessionId,
            join.ChannelId as string ?? "",
            join.Av1Support is true,
            join.DcSignaling is true);
        if (!_sessions.TryAdd(join.SessionId, new RtcdSession(config, join, from)))
        {
            // Not answered: a close would end the session that is there.
            log.LogJoinFailed(from.Id, "user session already exists");
            return;
        }

        try
        {
            if (_sessions.Count > MaxSessions)
            {
                throw new RtcException("too many sessions");
            }

            media.InitSession(config);
        }
        catch (RtcException refused)
        {
            log.LogJoinFailed(from.Id, refused.Message);
            _sessions.TryRemove(join.SessionId, out _);
            if (join.SessionId.Length > 0 && from.ClientId.Length > 0)
            {
                from.TrySend(new CloseMessage(join.SessionId)); // else its client would wait for a session that never comes (rtcd.md 15)
            }
        }
    }

    private void Pass(IRtcServer media, RtcdConnection from, RtcMessage rtc)
    {
        if (Find(from, rtc.SessionId) is not { } session)
        {
            log.LogNoSession(from.Id);
        }
        else if (rtc.Type is not ((>= (int)RtcMessageType.Ice and <= (int)RtcMessageType.ScreenOff) or (int)RtcMessageType.VideoOn or (int)RtcMessageType.VideoOff))
        {
            log.LogUnexpected(from.Id);
        }
        else if ((rtc.Type == (int)RtcMessageType.ScreenOn && !TryShare(session.Config))
            || (rtc.Type == (int)RtcMessageType.ScreenOff && !TryStopSharing(session.Config)))
        {
            log.LogNotSharing(from.Id);
        }
        else
        {
            media.Send(rtc.SessionId, (RtcMessageType)rtc.Type, rtc.Data);
        }
    }

    // The first who shares a screen keeps it: the second is refused (rtcd.md 7).
    private bool TryShare(RtcSessionConfig session) => _sharers.GetOrAdd((session.GroupId, session.CallId), session.SessionId) == session.SessionId;

    private bool TryStopSharing(RtcSessionConfig session) =>
        _sharers.TryRemove(KeyValuePair.Create((session.GroupId, session.CallId), session.SessionId));

    private RtcdSession? Find(RtcdConnection from, string sessionId) =>
        _sessions.TryGetValue(sessionId, out RtcdSession? session) && session.Config.GroupId == from.ClientId ? session : null;

    // A client whose connection broke and that has come back with one other is reached there, although it has not said so (rtcd.md 15).
    private bool TrySend(RtcdSession session, RtcdMessage message)
    {
        RtcdConnection bound = session.Connection;
        if (!bound.IsOpen)
        {
            RtcdConnection[] live = [.. _connections.Values.Where(other => other.ClientId == bound.ClientId && other.IsOpen)];
            if (live.Length != 1)
            {
                return false;
            }

            bound = session.Connection = live[0];
        }

        return bound.TrySend(message);
    }

    private static string NameOf(RtcdMessage message) => message switch
    {
        JoinMessage => "join",
        RtcMessage => "rtc",
        LeaveMessage => "leave",
        ReconnectMessage => "reconnect",
        _ => "",
    };
}
