namespace Calls.StandIn.State;

/// <summary>Accounts by id and by user name.</summary>
internal sealed class UserStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, User> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idByName = new(StringComparer.Ordinal);

    public User? Get(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    public User? GetByUsername(string username)
    {
        lock (_gate)
        {
            return _idByName.TryGetValue(username.ToLowerInvariant(), out string? id) ? _byId[id] : null;
        }
    }

    /// <summary>User name or e-mail address, without regard to case.</summary>
    public User? GetByLogin(string loginId)
    {
        lock (_gate)
        {
            if (_idByName.TryGetValue(loginId.ToLowerInvariant(), out string? id))
            {
                return _byId[id];
            }

            return loginId.Contains('@')
                ? _byId.Values.FirstOrDefault(u => string.Equals(u.Email, loginId, StringComparison.OrdinalIgnoreCase))
                : null;
        }
    }

    /// <summary>False when the user name or e-mail address is taken.</summary>
    public bool TryAdd(User user)
    {
        lock (_gate)
        {
            if (_idByName.ContainsKey(user.Username)
                || (user.Email.Length > 0 && !user.IsBot && _byId.Values.Any(u => string.Equals(u.Email, user.Email, StringComparison.OrdinalIgnoreCase))))
            {
                return false;
            }

            _byId.Add(user.Id, user);
            _idByName.Add(user.Username, user.Id);
            return true;
        }
    }

    /// <summary>Replaces a user with <paramref name="change"/> of it; <c>null</c> when unknown.</summary>
    public User? Update(string id, Func<User, User> change)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out User? user))
            {
                return null;
            }

            User changed = change(user);
            _byId[id] = changed;
            return changed;
        }
    }

    /// <summary>All users in order of their user names.</summary>
    public IReadOnlyList<User> All()
    {
        lock (_gate)
        {
            return [.. _byId.Values.OrderBy(u => u.Username, StringComparer.Ordinal)];
        }
    }
}
