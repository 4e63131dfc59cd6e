namespace Calls.StandIn.State;

/// <summary>Permission questions, evaluated from channel roles, then team roles, then system roles.</summary>
internal sealed class Permissions(ServerState state)
{
    public bool HasSystem(Session session, string permission) =>
        state.Roles.Grants(session.Roles.Split(' ', StringSplitOptions.RemoveEmptyEntries), permission);

    public bool HasTeam(Session session, string teamId, string permission)
    {
        TeamMember? member = teamId.Length == 0 ? null : state.Teams.GetMember(teamId, session.UserId);
        return (member is { DeleteAt: 0 } && state.Roles.Grants(member.Roles.Split(' '), permission)) || HasSystem(session, permission);
    }

    public bool HasChannel(Session session, Channel channel, string permission)
    {
        ChannelMember? member = state.Channels.GetMember(channel.Id, session.UserId);
        return (member is not null && state.Roles.Grants(member.Roles.Split(' '), permission))
            || (channel.TeamId.Length > 0 ? HasTeam(session, channel.TeamId, permission) : HasSystem(session, permission));
    }

    public bool IsSystemAdmin(Session session) => HasSystem(session, Permission.ManageSystem);

    /// <summary>The user himself, or a caller who may edit others (administrators only by administrators).</summary>
    public bool CanEditUser(Session session, string userId)
    {
        if (session.UserId == userId)
        {
            return true;
        }

        if (!HasSystem(session, Permission.EditOtherUsers))
        {
            return false;
        }

        User? target = state.Users.Get(userId);
        return target is null || !state.Roles.Grants(target.RoleNames, Permission.ManageSystem) || IsSystemAdmin(session);
    }

    /// <summary>Users without <c>view_members</c> (guests) see only those they share a team or channel with.</summary>
    public bool CanSeeUser(Session session, string userId)
    {
        if (session.UserId == userId || HasSystem(session, Permission.ViewMembers))
        {
            return true;
        }

        return state.Teams.MembershipsOf(session.UserId).Any(m => HasTeam(session, m.TeamId, Permission.ViewMembers) && state.Teams.IsMember(m.TeamId, userId))
            || state.Channels.IdsOf(session.UserId).Overlaps(state.Channels.IdsOf(userId));
    }

    /// <summary>MFA is enforced and not set up; OAuth sessions and access tokens are exempt.</summary>
    public bool OwesMfa(Session session) =>
        !session.IsOAuth && !session.IsAccessToken && state.Users.Get(session.UserId) is { OwesMfa: true };
}
