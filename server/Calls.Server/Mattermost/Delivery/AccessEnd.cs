using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>What follows when a user loses access to a channel or to Mattermost (mattermost-integration.md 9.4).</summary>
internal sealed class AccessEnd(
    IClientConnections clients,
    ConnectionRegistry registry,
    ChannelMembership membership,
    HostCaches caches,
    TokenIdentity tokens)
{
    public void LeftChannel(UserId user, ChannelId channel) => clients.UserLeftChannel(user, channel);

    /// <summary>Mattermost sends no <c>user_removed</c> for the channels of a team that was left.</summary>
    /// <param name="channels">Those the user may be a member of.</param>
    public void LeftTeam(UserId user, string team, IReadOnlyList<ChannelId> channels)
    {
        caches.ForgetMembers();
        foreach (ChannelId channel in channels)
        {
            _ = LeaveIfInTeamAsync(user, team, channel);
        }
    }

    /// <summary>All sessions of the user were revoked.</summary>
    public void Deactivated(UserId user)
    {
        foreach (RelayConnection connection in registry.Of(user))
        {
            if (connection.CallToken is { } token)
            {
                tokens.Forget(token);
                connection.Post(new ConnectionInput.TokenEnded(token));
            }
        }
    }

    /// <summary>The user logged this token out.</summary>
    public void LoggedOut(string token)
    {
        tokens.Forget(token);
        foreach (RelayConnection connection in registry.All.Where(connection => connection.Knows(token)))
        {
            connection.Post(new ConnectionInput.TokenEnded(token));
        }
    }

    /// <summary>Asks for all tokens anew the next time each is needed.</summary>
    public void RevalidateAll() => tokens.ForgetAll();

    private async Task LeaveIfInTeamAsync(UserId user, string team, ChannelId channel)
    {
        // Nothing may reach the user while we ask which team the channel belongs to.
        membership.Correct(channel, user, isMember: false);
        try
        {
            JsonElement found = await caches.GetChannelAsync(channel, CancellationToken.None);
            if (found.Text("team_id") == team)
            {
                clients.UserLeftChannel(user, channel);
                return;
            }
        }
        catch (ChatHostException)
        {
            // Unknown: below, the next event asks for the membership again.
        }

        membership.Forget(channel);
    }
}
