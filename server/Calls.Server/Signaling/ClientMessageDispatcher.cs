using System.Collections.Concurrent;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary>Takes the messages of all connections through the pipeline of signaling.md 3.1 to their handlers.</summary>
internal sealed partial class ClientMessageDispatcher : IClientConnections
{
    private readonly ConcurrentDictionary<ConnectionId, ClientConnection> _connections = new();
    private readonly Dictionary<string, IConnectionMessage> _connectionMessages;
    private readonly Dictionary<string, ISessionMessage> _sessionMessages;
    private readonly LocalSessions _sessions;
    private readonly SessionLifecycle _lifecycle;
    private readonly BackgroundTasks _background;
    private readonly TimeProvider _time;
    private readonly CallsMetrics _metrics;
    private readonly ILogger<ClientMessageDispatcher> _log;

    public ClientMessageDispatcher(
        ClientMessageHandlers handlers,
        LocalSessions sessions,
        SessionLifecycle lifecycle,
        BackgroundTasks background,
        TimeProvider time,
        CallsMetrics metrics,
        ILogger<ClientMessageDispatcher> log)
    {
        (_connectionMessages, _sessionMessages) = (handlers.OfConnections, handlers.OfSessions);
        (_sessions, _lifecycle, _background, _time, _metrics, _log) = (sessions, lifecycle, background, time, metrics, log);
    }

    /// <summary>How many connections are kept track of.</summary>
    internal int ConnectionCount => _connections.Count;

    // A session is bound by join or reconnect, never by a socket alone.
    public void Connected(ConnectionId connection, UserId user)
    {
    }

    public void Disconnected(ConnectionId connection, UserId user)
    {
        if (_connections.ContainsKey(connection) || _sessions.Find(connection) is not null)
        {
            Enqueue(connection, c => LoseSocketAsync(connection, c), always: true);
        }
    }

    public void Message(ClientMessage message)
    {
        // "ping" is let through and does nothing.
        if (message.Action == "ping")
        {
            return;
        }

        if (_connectionMessages.TryGetValue(message.Action, out IConnectionMessage? handler))
        {
            if (message.Action is not ("join" or "reconnect"))
            {
                CountMessage(message.Action);
            }

            DispatchToConnection(message, handler);
        }
        else if (_sessionMessages.TryGetValue(message.Action, out ISessionMessage? inCall))
        {
            CountMessage(message.Action);
            DispatchInOrder(message, inCall);
        }
        else
        {
            LogInvalidType();
        }
    }

    public void UserLeftChannel(UserId user, ChannelId channel) =>
        _background.Run("removing the sessions of a user who left the channel", () => _lifecycle.LeaveChannelAsync(user, channel));

    public void AuthEnded(ConnectionId connection, UserId user)
    {
        if (_connections.ContainsKey(connection) || _sessions.Find(connection) is not null)
        {
            Enqueue(
                connection,
                _ => _sessions.Find(connection) is { } session ? _lifecycle.EndAsync(session.Id) : Task.CompletedTask,
                always: true);
        }
    }

    private void CountMessage(string action) => _metrics.WebSocketEvents.With("in", action).Add();

    private async Task LoseSocketAsync(ConnectionId connection, ClientConnection lost)
    {
        await GuardAsync(nameof(Disconnected), () => _lifecycle.LoseSocketAsync(connection));
        if (lost.Lifecycle.TryRetire())
        {
            _connections.TryRemove(KeyValuePair.Create(connection, lost));
        }
    }

    private void DispatchToConnection(ClientMessage message, IConnectionMessage handler)
    {
        EnqueueResult result = Enqueue(message.Connection, connection =>
        {
            // A client that hangs up must not be kept in the call by its own flood (signaling.md 10.6).
            if (message.Action != "leave" && !connection.Limiter.TryTake())
            {
                LogRateLimited(message.Action);
                return Task.CompletedTask;
            }

            return HandleAsync(message, connection, handler);
        });
        if (result == EnqueueResult.Full)
        {
            LogQueueFull(message.Action);
        }
    }

    private async Task HandleAsync(ClientMessage message, ClientConnection connection, IConnectionMessage handler)
    {
        LocalSession? before = _sessions.Find(message.Connection);
        await GuardAsync(message.Action, async () => LogOutcome(message.Action, await handler.HandleAsync(message)));
        if (message.Action is "join" or "reconnect" && _sessions.Find(message.Connection) is { } after
            && (message.Action == "reconnect" || after != before))
        {
            connection.Renew();
        }
    }

    // An in-call message that follows a join or reconnect waits for it.
    private void DispatchInOrder(ClientMessage message, ISessionMessage handler)
    {
        if (!_connections.TryGetValue(message.Connection, out ClientConnection? connection))
        {
            return;
        }

        if (connection.Lifecycle.IsIdle)
        {
            DispatchToSession(message, connection, handler);
            return;
        }

        EnqueueResult result = connection.Lifecycle.Enqueue(() =>
        {
            DispatchToSession(message, connection, handler);
            return Task.CompletedTask;
        });
        if (result == EnqueueResult.Full)
        {
            LogQueueFull(message.Action);
        }
    }

    private void DispatchToSession(ClientMessage message, ClientConnection connection, ISessionMessage handler)
    {
        // Without a session the message is dropped without a word (signaling.md 3.1, step 6).
        if (_sessions.Find(message.Connection) is not { IsSocketUp: true } session)
        {
            return;
        }

        if (!connection.Limiter.TryTake())
        {
            LogRateLimited(message.Action);
            return;
        }

        EnqueueResult result = connection.InCall.Enqueue(
            () => GuardAsync(message.Action, async () => LogOutcome(message.Action, await handler.HandleAsync(message, session))));
        if (result == EnqueueResult.Full)
        {
            LogQueueFull(message.Action);
        }
    }

    private EnqueueResult Enqueue(ConnectionId id, Func<ClientConnection, Task> work, bool always = false)
    {
        while (true)
        {
            ClientConnection connection = _connections.GetOrAdd(id, _ => new ClientConnection(_background, _time));
            EnqueueResult result = connection.Lifecycle.Enqueue(() => work(connection), always);
            if (result != EnqueueResult.Retired)
            {
                return result;
            }

            _connections.TryRemove(KeyValuePair.Create(id, connection));
        }
    }

    private async Task GuardAsync(string action, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (failure is ChatHostException or CallLockException or CallStoreException or OperationCanceledException)
        {
            LogHandlerFailed(action, failure.Message);
        }
        catch (Exception defect)
        {
            // The edge of one message: a defect in it must not stop those that follow.
            LogDefect(action, defect);
        }
    }

    private void LogOutcome(string action, MessageOutcome outcome)
    {
        if (outcome.Problem is { } problem)
        {
            LogHandlerFailed(action, problem);
        }
    }
}
