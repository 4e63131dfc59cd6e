using System.Text.Json.Nodes;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Joining and leaving teams and channels, with the events and their addressing (mattermost-integration.md 11.4).</summary>
internal sealed class Memberships(ServerState state, WebSocketHub hub)
{
    /// <summary>Channels that every member of a team is in.</summary>
    public static readonly string[] DefaultChannels = ["town-square", "off-topic"];

    /// <summary>Adds to a team and its default channels. An existing member is returned as it is, without events.</summary>
    public TeamMember JoinTeam(string teamId, string userId)
    {
        User user = state.Users.Get(userId) ?? throw ApiException.NoUser();
        if (state.Teams.GetMember(teamId, userId) is { DeleteAt: 0 } existing)
        {
            return existing;
        }

        var member = new TeamMember
        {
            TeamId = teamId,
            UserId = userId,
            CreateAt = state.Clock.NowMs,
            Roles = user.IsGuest ? "team_guest" : "team_user",
            SchemeGuest = user.IsGuest,
            SchemeUser = !user.IsGuest,
        };
        state.Teams.PutMember(member);
        if (!user.IsGuest)
        {
            foreach (string name in DefaultChannels)
            {
                if (state.Channels.GetByName(teamId, name) is { } channel && state.Channels.GetMember(channel.Id, userId) is null)
                {
                    PutMember(channel, user, isAdmin: false);

                    // One copy only here, which also reaches the new member.
                    hub.Publish(new WebSocketEvent("user_added", new JsonObject { ["user_id"] = userId, ["team_id"] = teamId }, Broadcast.ToChannel(channel.Id)));
                }
            }
        }

        Invalidate(userId);
        hub.Publish(new WebSocketEvent("added_to_team", new JsonObject { ["team_id"] = teamId, ["user_id"] = userId }, Broadcast.ToUser(userId)));
        return member;
    }

    /// <summary>Leaves a team and all its channels; no <c>user_removed</c> is sent.</summary>
    public void LeaveTeam(string teamId, string userId)
    {
        if (state.Teams.GetMember(teamId, userId) is not { DeleteAt: 0 } member)
        {
            throw new ApiException(404, "app.team.get_member.missing.app_error", "No team member found for that user ID and team ID.");
        }

        foreach (ChannelMember membership in state.Channels.MembershipsOf(userId))
        {
            if (state.Channels.Get(membership.ChannelId)?.TeamId == teamId)
            {
                state.Channels.RemoveMember(membership.ChannelId, userId);
            }
        }

        state.Teams.PutMember(member with { DeleteAt = state.Clock.NowMs, Roles = "", SchemeAdmin = false });
        Invalidate(userId);
        hub.Publish(new WebSocketEvent("leave_team", Data(), Broadcast.ToTeam(teamId, userId)));
        hub.Publish(new WebSocketEvent("leave_team", Data(), Broadcast.ToUser(userId)));

        JsonObject Data() => new() { ["user_id"] = userId, ["team_id"] = teamId };
    }

    /// <summary>Adds to a public or private channel. An existing member is returned as it is, without events.</summary>
    public ChannelMember JoinChannel(Channel channel, string userId)
    {
        User user = state.Users.Get(userId) ?? throw ApiException.NoUser();
        if (channel.Type is not ("O" or "P"))
        {
            throw new ApiException(400, "api.channel.add_user_to_channel.type.app_error", "Can not add user to this channel type.");
        }

        if (channel.DeleteAt > 0)
        {
            throw new ApiException(400, "api.channel.add_user.to.channel.failed.deleted.app_error", "Failed to add user to channel because they have been removed from the team.");
        }

        if (state.Channels.GetMember(channel.Id, userId) is { } existing)
        {
            return existing;
        }

        if (!state.Teams.IsMember(channel.TeamId, userId))
        {
            throw new ApiException(404, "app.team.get_member.missing.app_error", "No team member found for that user ID and team ID.");
        }

        ChannelMember member = PutMember(channel, user, isAdmin: false);
        hub.Publish(new WebSocketEvent("user_added", Data(), Broadcast.ToChannel(channel.Id, userId)));
        hub.Publish(new WebSocketEvent("user_added", Data(), Broadcast.ToUser(userId, channel.Id)));
        return member;

        JsonObject Data() => new() { ["user_id"] = userId, ["team_id"] = channel.TeamId };
    }

    /// <summary>Removes from a channel. The channel's copy is sent when the membership is gone; the user's own has no channel id.</summary>
    public void LeaveChannel(Channel channel, string userId, string removerId)
    {
        if (channel.Type is not ("O" or "P"))
        {
            throw new ApiException(400, "api.channel.remove_channel_member.type.app_error", "Unable to remove user from a channel.");
        }

        if (DefaultChannels[0] == channel.Name && state.Users.Get(userId) is { IsGuest: false })
        {
            throw new ApiException(400, "api.channel.remove.default.app_error", $"Unable to remove user from the default channel {channel.Name}.");
        }

        if (!state.Channels.RemoveMember(channel.Id, userId))
        {
            throw new ApiException(404, "app.channel.get_member.missing.app_error", "No channel member found for that user ID and channel ID.");
        }

        Invalidate(userId);
        hub.Publish(new WebSocketEvent("user_removed", new JsonObject { ["user_id"] = userId, ["remover_id"] = removerId }, Broadcast.ToChannel(channel.Id)));
        hub.Publish(new WebSocketEvent("user_removed", new JsonObject { ["channel_id"] = channel.Id, ["remover_id"] = removerId }, Broadcast.ToUser(userId)));
    }

    public ChannelMember SetChannelAdmin(string channelId, string userId, bool isAdmin)
    {
        ChannelMember member = state.Channels.GetMember(channelId, userId)
            ?? throw new ApiException(404, "app.channel.get_member.missing.app_error", "No channel member found for that user ID and channel ID.");
        ChannelMember changed = member with { SchemeAdmin = isAdmin, Roles = RolesOf(member.SchemeGuest, isAdmin), LastUpdateAt = state.Clock.NowMs };
        state.Channels.PutMember(changed);
        Invalidate(userId);
        hub.Publish(new WebSocketEvent("channel_member_updated", new JsonObject { ["channelMember"] = Wire.ToText(changed) }, Broadcast.ToUser(userId)));
        return changed;
    }

    public TeamMember SetTeamAdmin(string teamId, string userId, bool isAdmin)
    {
        if (state.Teams.GetMember(teamId, userId) is not { DeleteAt: 0 } member)
        {
            throw new ApiException(404, "app.team.get_member.missing.app_error", "No team member found for that user ID and team ID.");
        }

        TeamMember changed = member with { SchemeAdmin = isAdmin, Roles = isAdmin ? "team_user team_admin" : "team_user" };
        state.Teams.PutMember(changed);
        Invalidate(userId);
        hub.Publish(new WebSocketEvent("memberrole_updated", new JsonObject { ["member"] = Wire.ToText(changed) }, Broadcast.ToUser(userId)));
        return changed;
    }

    /// <summary>Writes a membership without telling clients; connections of the user look again.</summary>
    public ChannelMember PutMember(Channel channel, User user, bool isAdmin)
    {
        var member = new ChannelMember
        {
            ChannelId = channel.Id,
            UserId = user.Id,
            LastUpdateAt = state.Clock.NowMs,
            SchemeGuest = user.IsGuest,
            SchemeUser = !user.IsGuest,
            SchemeAdmin = isAdmin,
            Roles = RolesOf(user.IsGuest, isAdmin),
        };
        state.Channels.PutMember(member);
        Invalidate(user.Id);
        return member;
    }

    private static string RolesOf(bool isGuest, bool isAdmin) => (isGuest ? "channel_guest" : "channel_user") + (isAdmin ? " channel_admin" : "");

    private void Invalidate(string userId)
    {
        if (!hub.Faults.LosesInvalidations)
        {
            hub.InvalidateUser(userId);
        }
    }
}
