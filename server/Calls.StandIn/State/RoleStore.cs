namespace Calls.StandIn.State;

/// <summary>Roles by name.</summary>
internal sealed class RoleStore(Clock clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Role> _byName = new(StringComparer.Ordinal);

    public Role? GetByName(string name)
    {
        lock (_gate)
        {
            return _byName.GetValueOrDefault(name);
        }
    }

    public Role? Get(string id)
    {
        lock (_gate)
        {
            return _byName.Values.FirstOrDefault(r => r.Id == id);
        }
    }

    public void Put(Role role)
    {
        lock (_gate)
        {
            _byName[role.Name] = role;
        }
    }

    public Role? SetPermissions(string name, IReadOnlyList<string> permissions)
    {
        lock (_gate)
        {
            return _byName.TryGetValue(name, out Role? role)
                ? _byName[name] = role with { Permissions = permissions, UpdateAt = clock.NowMs }
                : null;
        }
    }

    public bool Grants(IEnumerable<string> roleNames, string permission)
    {
        lock (_gate)
        {
            return roleNames.Any(name => _byName.TryGetValue(name, out Role? role) && role.DeleteAt == 0 && role.Permissions.Contains(permission));
        }
    }
}
