using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Creating, archiving, restoring and converting channels.</summary>
internal sealed partial class ChannelLifecycle(ServerState state, WebSocketHub hub, Memberships memberships)
{
    private const int MinGroup = 3;
    private const int MaxGroup = 8;

    /// <summary>Creates a public or private channel with its creator as administrator of it.</summary>
    public Channel Create(string teamId, string name, string displayName, string type, string creatorId)
    {
        if (!ValidName().IsMatch(name))
        {
            throw new ApiException(400, "model.channel.is_valid.1_or_more.app_error", "Name must be 1 or more lowercase alphanumeric characters.");
        }

        if (type is not ("O" or "P"))
        {
            throw new ApiException(400, "model.channel.is_valid.type.app_error", "Invalid type.");
        }

        long now = state.Clock.NowMs;
        var channel = new Channel
        {
            Id = Ids.New(),
            CreateAt = now,
            UpdateAt = now,
            TeamId = teamId,
            Type = type,
            Name = name,
            DisplayName = displayName.Length > 0 ? displayName : name,
            CreatorId = creatorId,
        };
        if (!state.Channels.TryAdd(channel))
        {
            throw new ApiException(400, "store.sql_channel.save_channel.exists.app_error", "A channel with that name already exists on the same team.");
        }

        memberships.PutMember(channel, state.Users.Get(creatorId) ?? throw ApiException.NoUser(), isAdmin: true);
        hub.Publish(new WebSocketEvent("channel_created", new JsonObject { ["channel_id"] = channel.Id, ["team_id"] = teamId }, Broadcast.ToUser(creatorId)));
        return channel;
    }

    /// <summary>The direct channel of two users (or of one with himself), created at first use.</summary>
    public Channel GetOrCreateDirect(string creatorId, string otherId)
    {
        User creator = state.Users.Get(creatorId) ?? throw ApiException.NoUser();
        User other = state.Users.Get(otherId) ?? throw ApiException.NoUser();
        string name = string.Join("__", new[] { creatorId, otherId }.Order(StringComparer.Ordinal));
        if (state.Channels.GetByName("", name) is { } existing)
        {
            return existing;
        }

        Channel channel = Add("D", name, "", creatorId, [creator, other]);
        hub.Publish(new WebSocketEvent("direct_added", new JsonObject { ["creator_id"] = creatorId, ["teammate_id"] = otherId }, Broadcast.ToChannel(channel.Id)));
        return channel;
    }

    public Channel GetOrCreateGroup(string creatorId, IReadOnlyCollection<string> userIds)
    {
        string[] ids = [.. userIds.Append(creatorId).Distinct().Order(StringComparer.Ordinal)];
        if (ids.Length is < MinGroup or > MaxGroup)
        {
            throw new ApiException(400, "api.channel.create_group.bad_size.app_error", $"Group message channels must contain at least {MinGroup} and no more than {MaxGroup} users.");
        }

        string name = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(ids))));
        if (state.Channels.GetByName("", name) is { } existing)
        {
            return existing;
        }

        User[] users = [.. ids.Select(id => state.Users.Get(id) ?? throw ApiException.NoUser())];
        string displayName = string.Join(", ", users.Select(u => u.Username).Order(StringComparer.Ordinal));
        Channel channel = Add("G", name, displayName, "", users);
        foreach (string id in ids)
        {
            hub.Publish(new WebSocketEvent("group_added", new JsonObject { ["teammate_ids"] = Wire.ToText(ids) }, Broadcast.ToUser(id, channel.Id)));
        }

        return channel;
    }

    public Channel Archive(string channelId)
    {
        Channel channel = state.Channels.Get(channelId) ?? throw ApiException.NoChannel();
        if (channel.Type is not ("O" or "P"))
        {
            throw new ApiException(400, "api.channel.delete_channel.type.invalid", "Unable to delete direct or group message channels");
        }

        if (channel.DeleteAt > 0)
        {
            throw new ApiException(400, "api.channel.delete_channel.deleted.app_error", "The channel has been archived or deleted.");
        }

        if (channel.Name == Memberships.DefaultChannels[0])
        {
            throw new ApiException(400, "api.channel.delete_channel.cannot.app_error", $"Unable to delete the default channel {channel.Name}.");
        }

        long now = state.Clock.NowMs;
        channel = state.Channels.Update(channelId, c => c with { DeleteAt = now, UpdateAt = now })!;
        hub.Publish(new WebSocketEvent("channel_deleted", new JsonObject { ["channel_id"] = channelId, ["delete_at"] = now }, AudienceOf(channel)));
        return channel;
    }

    public Channel Restore(string channelId)
    {
        Channel channel = state.Channels.Get(channelId) ?? throw ApiException.NoChannel();
        if (channel.DeleteAt == 0)
        {
            throw new ApiException(400, "api.channel.restore_channel.restored.app_error", "Unable to unarchive channel. The channel is not archived.");
        }

        channel = state.Channels.Update(channelId, c => c with { DeleteAt = 0, UpdateAt = state.Clock.NowMs })!;
        hub.Publish(new WebSocketEvent("channel_restored", new JsonObject { ["channel_id"] = channelId }, AudienceOf(channel)));
        return channel;
    }

    /// <summary>Makes a public channel private or the other way round.</summary>
    public Channel ChangeType(string channelId, string type)
    {
        Channel channel = state.Channels.Update(channelId, c => c with { Type = type, UpdateAt = state.Clock.NowMs }) ?? throw ApiException.NoChannel();
        hub.Publish(new WebSocketEvent("channel_converted", new JsonObject { ["channel_id"] = channelId }, Broadcast.ToTeam(channel.TeamId)));
        return channel;
    }

    public Channel Rename(string channelId, string displayName)
    {
        Channel channel = state.Channels.Update(channelId, c => c with { DisplayName = displayName, UpdateAt = state.Clock.NowMs }) ?? throw ApiException.NoChannel();
        hub.Publish(new WebSocketEvent("channel_updated", new JsonObject { ["channel"] = Wire.ToText(channel) }, Broadcast.ToChannel(channelId)));
        return channel;
    }

    // Archiving is announced to the whole team when the channel is public, else to its members.
    private static Broadcast AudienceOf(Channel channel) => channel.Type == "O" ? Broadcast.ToTeam(channel.TeamId) : Broadcast.ToChannel(channel.Id);

    private Channel Add(string type, string name, string displayName, string creatorId, IEnumerable<User> users)
    {
        long now = state.Clock.NowMs;
        var channel = new Channel { Id = Ids.New(), CreateAt = now, UpdateAt = now, Type = type, Name = name, DisplayName = displayName, CreatorId = creatorId };
        if (!state.Channels.TryAdd(channel))
        {
            return state.Channels.GetByName("", name)!;
        }

        foreach (User user in users)
        {
            memberships.PutMember(channel, user, isAdmin: false);
        }

        return channel;
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$")]
    private static partial Regex ValidName();
}
