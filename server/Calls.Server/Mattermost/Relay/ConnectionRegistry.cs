using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <summary>The connections of this node whose id and user are known, with or without client. Thread-safe.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<ConnectionId, RelayConnection> _byId = new();
    private readonly ConcurrentDictionary<UserId, ImmutableArray<RelayConnection>> _byUser = new();

    public int Count => _byId.Count;

    /// <summary>Users with at least one connection.</summary>
    public ICollection<UserId> Users => _byUser.Keys;

    public ICollection<RelayConnection> All => _byId.Values;

    public bool TryFind(ConnectionId id, [NotNullWhen(true)] out RelayConnection? connection) => _byId.TryGetValue(id, out connection);

    public ImmutableArray<RelayConnection> Of(UserId user) => _byUser.TryGetValue(user, out ImmutableArray<RelayConnection> found) ? found : [];

    public void Add(ConnectionId id, UserId user, RelayConnection connection)
    {
        _byId[id] = connection;
        _byUser.AddOrUpdate(user, static (_, added) => [added], static (_, present, added) => present.Contains(added) ? present : present.Add(added), connection);
    }

    public void Remove(ConnectionId id, UserId user, RelayConnection connection)
    {
        _byId.TryRemove(new KeyValuePair<ConnectionId, RelayConnection>(id, connection));

        // An empty entry goes only if nobody was added meanwhile.
        while (_byUser.TryGetValue(user, out ImmutableArray<RelayConnection> present))
        {
            ImmutableArray<RelayConnection> left = present.Remove(connection);
            bool isDone = left.IsEmpty
                ? _byUser.TryRemove(new KeyValuePair<UserId, ImmutableArray<RelayConnection>>(user, present))
                : _byUser.TryUpdate(user, left, present);
            if (isDone)
            {
                return;
            }
        }
    }
}
