using System.Collections.Concurrent;

namespace Calls.Domain.Sessions;

/// <summary>The sessions of this process by session and by current connection.</summary>
public sealed class LocalSessions
{
    private readonly ConcurrentDictionary<SessionId, LocalSession> _bySession = new();
    private readonly ConcurrentDictionary<ConnectionId, LocalSession> _byConnection = new();

    public int Count => _bySession.Count;

    /// <summary>All of them, at a moment of the enumeration.</summary>
    public IEnumerable<LocalSession> All => _bySession.Values;

    public LocalSession? Find(SessionId session) => _bySession.GetValueOrDefault(session);

    public LocalSession? Find(ConnectionId connection) => _byConnection.GetValueOrDefault(connection);

    /// <summary>Binds a session to a connection: a new one, or one that comes back under the same or another connection.</summary>
    internal LocalSession Bind(CallState call, CallSession bound)
    {
        LocalSession session = _bySession.GetOrAdd(
            bound.Id, static (id, state) => new LocalSession(id, state.bound.User, state.call.Channel, state.call.Id), (call, bound));
        if (session.Connection != bound.Connection)
        {
            Unbind(session);
        }

        session.Grace?.Dispose();
        session.Grace = null;
        session.Connection = bound.Connection;
        session.Binding = bound.Binding;
        session.IsSocketUp = true;
        _byConnection[bound.Connection] = session;
        return session;
    }

    internal void Forget(SessionId id)
    {
        if (_bySession.TryRemove(id, out LocalSession? session))
        {
            session.Grace?.Dispose();
            session.Grace = null;
            Unbind(session);
        }
    }

    private void Unbind(LocalSession session)
    {
        if (session.Connection.Value is not null)
        {
            _byConnection.TryRemove(KeyValuePair.Create(session.Connection, session));
        }
    }
}
