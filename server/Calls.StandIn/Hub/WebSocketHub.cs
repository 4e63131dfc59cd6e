using System.Text.Json.Nodes;
using Calls.StandIn.State;

namespace Calls.StandIn.Hub;

/// <summary>All connections, live and inactive. One lock orders every event, so that each connection sees events in production order.</summary>
internal sealed class WebSocketHub : IDisposable
{
    private const int MaxCustomActions = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<WebConnection>> _byUser = new(StringComparer.Ordinal);
    private readonly HashSet<WebConnection> _registered = [];
    private readonly Queue<CustomAction> _customActions = new();
    private readonly ActionRouter _router;
    private readonly ITimer _reaper;

    public WebSocketHub(ServerState state, StandInTimings timings, StandInFaults faults, EventEncoding encoding, string hostName)
    {
        State = state;
        Timings = timings;
        Faults = faults;
        Encoding = encoding;
        HostName = hostName;
        _router = new ActionRouter(this);
        _reaper = state.Clock.Time.CreateTimer(_ => Reap(), null, timings.ReaperInterval, timings.ReaperInterval);
    }

    public ServerState State { get; }

    public StandInTimings Timings { get; }

    public StandInFaults Faults { get; }

    public EventEncoding Encoding { get; }

    public string HostName { get; }

    /// <summary>Raised for each plugin action, on the connection's read loop.</summary>
    public event Action<CustomAction>? CustomActionReceived;

    public IReadOnlyList<CustomAction> CustomActions
    {
        get
        {
            lock (_gate)
            {
                return [.. _customActions];
            }
        }
    }

    /// <summary>Ids of the registered connections of a user, or of all.</summary>
    public IReadOnlyList<(string Id, string UserId, bool IsActive)> Connections
    {
        get
        {
            lock (_gate)
            {
                return [.. _registered.Select(c => (c.Id, c.UserId, c.IsActive))];
            }
        }
    }

    /// <summary>Takes an inactive connection out for resumption; <c>null</c> when there is none with this id and user.</summary>
    public WebConnection? TakeInactive(string userId, string connectionId)
    {
        lock (_gate)
        {
            WebConnection? found = ForUser(userId).FirstOrDefault(c => c.Id == connectionId && !c.IsActive);
            if (found is not null)
            {
                Remove(found);
            }

            return found;
        }
    }

    public void Register(WebConnection connection)
    {
        lock (_gate)
        {
            connection.IsActive = true;
            _registered.Add(connection);
            if (!_byUser.TryGetValue(connection.UserId, out List<WebConnection>? list))
            {
                list = [];
                _byUser.Add(connection.UserId, list);
            }

            list.Add(connection);
            if (connection.IsBasicAuthenticated() && !connection.IsResumed)
            {
                connection.TryEnqueue(new Outbound(CreateHello(connection), null));
            }
        }
    }

    /// <summary>The socket is gone; the connection stays resumable unless its queue had overflown.</summary>
    public void Unregister(WebConnection connection)
    {
        lock (_gate)
        {
            connection.IsActive = false;
        }
    }

    public void Publish(WebSocketEvent sent)
    {
        Faults.BeforeEvent(sent.Name);
        lock (_gate)
        {
            IEnumerable<WebConnection> candidates = sent.Broadcast.ConnectionId.Length == 0 && sent.Broadcast.UserId.Length > 0
                ? ForUser(sent.Broadcast.UserId)
                : _registered;
            foreach (WebConnection connection in candidates.ToArray())
            {
                if (connection.ShouldSend(sent))
                {
                    Enqueue(connection, new Outbound(sent, null));
                }
            }
        }
    }

    /// <summary>Queues a reply behind the events before it; dropped while the connection is not registered.</summary>
    public void Reply(WebConnection connection, JsonObject reply)
    {
        byte[] frame = [.. Wire.ToUtf8<JsonNode>(reply), (byte)'\n'];
        lock (_gate)
        {
            if (_registered.Contains(connection))
            {
                Enqueue(connection, new Outbound(null, frame));
            }
        }
    }

    public void Receive(WebConnection connection, ClientRequest request)
    {
        if (!request.Action.StartsWith("custom_", StringComparison.Ordinal))
        {
            _router.Route(connection, request);
            return;
        }

        var action = new CustomAction(connection.Id, connection.UserId, request.Action, request.Seq, request.Data);
        lock (_gate)
        {
            if (_customActions.Count == MaxCustomActions)
            {
                _customActions.Dequeue();
            }

            _customActions.Enqueue(action);
        }

        CustomActionReceived?.Invoke(action);
    }

    /// <summary>Runs <paramref name="question"/> against a connection's authentication state under the hub's lock.</summary>
    public T Ask<T>(WebConnection connection, Func<WebConnection, T> question)
    {
        lock (_gate)
        {
            return question(connection);
        }
    }

    /// <summary>Gives a connection that lost events a new id; returns the <c>hello</c> that says so.</summary>
    public WebSocketEvent Rename(WebConnection connection, Action<string> assign)
    {
        lock (_gate)
        {
            assign(Ids.New());
            return CreateHello(connection);
        }
    }

    /// <summary>Sessions or memberships of the user changed: connections must look again.</summary>
    public void InvalidateUser(string userId)
    {
        lock (_gate)
        {
            foreach (WebConnection connection in ForUser(userId))
            {
                connection.InvalidateCache();
            }
        }
    }

    /// <summary>Activity on a session keeps its connections from being reaped after they break.</summary>
    public void UpdateActivity(string userId, string token)
    {
        lock (_gate)
        {
            foreach (WebConnection connection in ForUser(userId).Where(c => c.IsActive && c.Token == token))
            {
                connection.LastActivityAt = State.Clock.NowMs;
            }
        }
    }

    public bool IsOnline(string userId)
    {
        lock (_gate)
        {
            return ForUser(userId).Any(c => c.IsActive);
        }
    }

    /// <summary>Users with a live connection.</summary>
    public IReadOnlyList<string> OnlineUsers()
    {
        lock (_gate)
        {
            return [.. _registered.Where(c => c.IsActive).Select(c => c.UserId).Distinct()];
        }
    }

    /// <summary>Applies a fault to a registered connection; false when there is none of that id.</summary>
    public bool WithConnection(string connectionId, Action<WebConnection> action)
    {
        WebConnection? found;
        lock (_gate)
        {
            found = _registered.FirstOrDefault(c => c.Id == connectionId);
        }

        if (found is null)
        {
            return false;
        }

        action(found);
        return true;
    }

    /// <summary>Fills a connection's queue past its limit.</summary>
    public void Overflow(WebConnection connection)
    {
        var filler = new Outbound(new WebSocketEvent("status_change", null, Broadcast.ToUser(connection.UserId)), null);
        lock (_gate)
        {
            while (_registered.Contains(connection))
            {
                Enqueue(connection, filler);
            }
        }
    }

    /// <summary>Cuts every socket without a close frame and forgets all connections, as a dying process does.</summary>
    public void DropAll()
    {
        WebConnection[] all;
        lock (_gate)
        {
            all = [.. _registered];
            _registered.Clear();
            _byUser.Clear();
        }

        foreach (WebConnection connection in all)
        {
            connection.Abort();
        }
    }

    public void Dispose()
    {
        _reaper.Dispose();
        DropAll();
    }

    private List<WebConnection> ForUser(string userId) => _byUser.TryGetValue(userId, out List<WebConnection>? list) ? list : [];

    private void Enqueue(WebConnection connection, Outbound message)
    {
        if (!connection.TryEnqueue(message))
        {
            connection.CompleteQueue();
            Remove(connection);
        }
    }

    private void Remove(WebConnection connection)
    {
        _registered.Remove(connection);
        if (_byUser.TryGetValue(connection.UserId, out List<WebConnection>? list) && list.Remove(connection) && list.Count == 0)
        {
            _byUser.Remove(connection.UserId);
        }
    }

    private void Reap()
    {
        long now = State.Clock.NowMs;
        lock (_gate)
        {
            foreach (WebConnection connection in _registered.ToArray())
            {
                if (!connection.IsActive && now - connection.LastActivityAt > Timings.ReaperInterval.TotalMilliseconds)
                {
                    Remove(connection);
                }
            }
        }
    }

    private WebSocketEvent CreateHello(WebConnection connection) => new(
        "hello",
        new JsonObject
        {
            ["connection_id"] = connection.Id,
            ["server_hostname"] = HostName,
            ["server_version"] = ClientConfig.VersionId(State),
        },
        Broadcast.ToUser(connection.UserId));
}
