using Calls.StandIn.Hub;

namespace Calls.StandIn;

/// <summary>Switches that make the stand-in fail the way a real server or network does (mattermost-integration.md 11.5).</summary>
public sealed class StandInFaults
{
    private readonly Lock _gate = new();
    private readonly List<(EndpointFault Fault, int Left)> _endpoints = [];
    private readonly Dictionary<string, List<string>> _revocations = new(StringComparer.Ordinal);
    private Random _random = new(1);
    private WebSocketHub? _hub;
    private Action<string>? _revoke;

    internal StandInFaults()
    {
    }

    /// <summary>False: neither WebSocket pings nor <c>ping</c> actions are answered.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Behaves as another node of a cluster that does not share connections: a resume always gets a fresh id.</summary>
    public bool IsSeparateNode { get; set; }

    /// <summary>The request limiter is on whatever the configuration says.</summary>
    public bool IsLimiterOn { get; set; }

    /// <summary>Lower-case plugin setting keys that come back as asterisks whatever the manifest says.</summary>
    public ISet<string> MaskedSettings { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Membership changes no longer reach the connections' caches, as when an invalidation is lost in a cluster.</summary>
    public bool LosesInvalidations { get; set; }

    /// <summary>Seed of the error rates.</summary>
    public void Seed(int seed)
    {
        lock (_gate)
        {
            _random = new Random(seed);
        }
    }

    public void Add(EndpointFault fault)
    {
        lock (_gate)
        {
            _endpoints.Add((fault, fault.Times ?? int.MaxValue));
        }
    }

    /// <summary>Removes every endpoint fault.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _endpoints.Clear();
        }
    }

    /// <summary>The server loses the socket without telling the client: no FIN, no close frame; the connection becomes resumable.</summary>
    public bool DropSilently(string connectionId) => _hub!.WithConnection(connectionId, static c => c.DropSilently());

    /// <summary>Nothing passes any more, and the server keeps believing in the socket until its pong is overdue.</summary>
    public bool HalfOpen(string connectionId) => _hub!.WithConnection(connectionId, static c => c.HalfOpen());

    /// <summary>Cuts the TCP connection at once; the connection becomes resumable.</summary>
    public bool Cut(string connectionId) => _hub!.WithConnection(connectionId, static c => c.Abort());

    /// <summary>Fills the connection's queue past its 256 entries: it is closed and forgotten.</summary>
    public bool OverflowQueue(string connectionId) => _hub!.WithConnection(connectionId, _hub.Overflow);

    /// <summary>The connection's next event skips one number.</summary>
    public bool SkipSeq(string connectionId) => _hub!.WithConnection(connectionId, static c => c.SkipNextNumber());

    /// <summary>The connection's next event is written twice with the same number.</summary>
    public bool DuplicateSeq(string connectionId) => _hub!.WithConnection(connectionId, static c => c.RepeatNextFrame());

    /// <summary>Revokes a session when the next event of this name is published, before it is delivered.</summary>
    public void RevokeAtEvent(string eventName, string token)
    {
        lock (_gate)
        {
            if (!_revocations.TryGetValue(eventName, out List<string>? tokens))
            {
                tokens = [];
                _revocations.Add(eventName, tokens);
            }

            tokens.Add(token);
        }
    }

    internal void Attach(WebSocketHub hub, Action<string> revoke)
    {
        _hub = hub;
        _revoke = revoke;
    }

    internal void BeforeEvent(string name)
    {
        List<string>? tokens;
        lock (_gate)
        {
            if (!_revocations.Remove(name, out tokens))
            {
                return;
            }
        }

        foreach (string token in tokens)
        {
            _revoke!(token);
        }
    }

    /// <summary>The faults that hit one request, with the outcome of their dice.</summary>
    internal (TimeSpan Latency, EndpointFault? Failure) Take(string method, string path)
    {
        TimeSpan latency = TimeSpan.Zero;
        EndpointFault? failure = null;
        lock (_gate)
        {
            for (int i = _endpoints.Count - 1; i >= 0; i--)
            {
                (EndpointFault fault, int left) = _endpoints[i];
                if ((fault.Method.Length > 0 && !fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
                    || !path.StartsWith(fault.PathPrefix, StringComparison.Ordinal))
                {
                    continue;
                }

                latency += fault.Latency;
                if (fault.ErrorRate > 0 && _random.NextDouble() < fault.ErrorRate)
                {
                    failure = fault;
                }

                if (left == 1)
                {
                    _endpoints.RemoveAt(i);
                }
                else if (left != int.MaxValue)
                {
                    _endpoints[i] = (fault, left - 1);
                }
            }
        }

        return (latency, failure);
    }
}
