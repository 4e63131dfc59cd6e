namespace Calls.StandIn.State;

/// <summary>Teams and who belongs to them.</summary>
internal sealed class TeamStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Team> _teams = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Team, string User), TeamMember> _members = [];

    public Team? Get(string id)
    {
        lock (_gate)
        {
            return _teams.GetValueOrDefault(id);
        }
    }

    public Team? GetByName(string name)
    {
        lock (_gate)
        {
            return _teams.Values.FirstOrDefault(t => t.Name == name);
        }
    }

    public bool TryAdd(Team team)
    {
        lock (_gate)
        {
            return _teams.Values.All(t => t.Name != team.Name) && _teams.TryAdd(team.Id, team);
        }
    }

    public IReadOnlyList<Team> All()
    {
        lock (_gate)
        {
            return [.. _teams.Values.OrderBy(t => t.DisplayName, StringComparer.Ordinal)];
        }
    }

    public TeamMember? GetMember(string team, string user)
    {
        lock (_gate)
        {
            return _members.GetValueOrDefault((team, user));
        }
    }

    /// <summary>Whether the user is a member now (not one that left).</summary>
    public bool IsMember(string team, string user) => GetMember(team, user) is { DeleteAt: 0 };

    public void PutMember(TeamMember member)
    {
        lock (_gate)
        {
            _members[(member.TeamId, member.UserId)] = member;
        }
    }

    public IReadOnlyList<TeamMember> MembershipsOf(string user)
    {
        lock (_gate)
        {
            return [.. _members.Values.Where(m => m.UserId == user && m.DeleteAt == 0)];
        }
    }
}
