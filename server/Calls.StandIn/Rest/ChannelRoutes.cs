using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Channels (mattermost-integration.md 7.2, 11.3).</summary>
internal static class ChannelRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/channels", ListAsync);
        routes.Post("/channels", CreateAsync);
        routes.Post("/channels/direct", CreateDirectAsync);
        routes.Post("/channels/group", CreateGroupAsync);
        routes.Get("/channels/{channel_id}", GetAsync);
        routes.Delete("/channels/{channel_id}", ArchiveAsync);
        routes.Post("/channels/{channel_id}/restore", RestoreAsync);
        routes.Put("/channels/{channel_id}/patch", PatchAsync);
        routes.Put("/channels/{channel_id}/privacy", ConvertAsync);
        routes.Get("/channels/{channel_id}/stats", StatsAsync);
        routes.Get("/teams/{team_id}/channels/name/{name}", ByNameAsync);
        routes.Get("/users/{user_id}/teams/{team_id}/channels", OfUserInTeamAsync);
        routes.Get("/users/{user_id}/channels", OfUserAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        request.RequireSystem(Permission.SysconsoleReadChannels);
        bool withDeleted = request.Query("include_deleted") == "true";
        IEnumerable<Channel> all = request.State.Channels.All().Where(c => c.Type is "O" or "P" && (withDeleted || c.DeleteAt == 0));
        var list = new JsonArray();
        foreach (Channel channel in request.PageOf(all))
        {
            JsonObject view = Wire.ToNode(channel)!.AsObject();
            Team? team = request.State.Teams.Get(channel.TeamId);
            view["team_display_name"] = team?.DisplayName ?? "";
            view["team_name"] = team?.Name ?? "";
            view["team_update_at"] = team?.UpdateAt ?? 0;
            list.Add(view);
        }

        return request.JsonAsync(list);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("channel");
        string type = ApiRequest.Text(body, "type");
        Team team = request.State.Teams.Get(ApiRequest.Text(body, "team_id")) ?? throw ApiException.NoTeam();
        request.RequireTeam(team.Id, type == "P" ? Permission.CreatePrivateChannel : Permission.CreatePublicChannel);
        Channel channel = request.Core.Channels.Create(team.Id, ApiRequest.Text(body, "name"), ApiRequest.Text(body, "display_name"), type, request.Session.UserId);
        await request.JsonAsync(channel, StatusCodes.Status201Created);
    }

    private static async Task CreateDirectAsync(ApiRequest request)
    {
        IReadOnlyList<string> ids = ApiRequest.Strings(await request.BodyAsync("user_ids", JsonValueKind.Array), "user_ids");
        if (ids.Count != 2 || !ids.All(Ids.IsValid))
        {
            throw ApiException.InvalidBody("user_ids");
        }

        request.RequireSystem(Permission.CreateDirectChannel);
        if (!ids.Contains(request.Session.UserId))
        {
            request.RequireSystem(Permission.ManageSystem);
        }

        RequireVisible(request, ids);
        await request.JsonAsync(request.Core.Channels.GetOrCreateDirect(ids[0], ids[1]), StatusCodes.Status201Created);
    }

    private static async Task CreateGroupAsync(ApiRequest request)
    {
        IReadOnlyList<string> ids = ApiRequest.Strings(await request.BodyAsync("user_ids", JsonValueKind.Array), "user_ids");
        if (ids.Count == 0 || !ids.All(Ids.IsValid))
        {
            throw ApiException.InvalidBody("user_ids");
        }

        request.RequireSystem(Permission.CreateGroupChannel);
        RequireVisible(request, ids);
        await request.JsonAsync(request.Core.Channels.GetOrCreateGroup(request.Session.UserId, [.. ids]), StatusCodes.Status201Created);
    }

    private static Task GetAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        RequireReadable(request, channel);
        return request.JsonAsync(channel);
    }

    private static Task ArchiveAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        if (channel.Type is "O" or "P")
        {
            request.RequireChannel(channel, channel.Type == "O" ? Permission.DeletePublicChannel : Permission.DeletePrivateChannel);
        }

        request.Core.Channels.Archive(channel.Id);
        return request.OkAsync();
    }

    private static Task RestoreAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        request.RequireTeam(channel.TeamId, Permission.ManageTeam);
        return request.JsonAsync(request.Core.Channels.Restore(channel.Id));
    }

    private static async Task PatchAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        JsonElement body = await request.BodyAsync("channel");
        if (channel.Type is "O" or "P")
        {
            request.RequireChannel(channel, channel.Type == "O" ? "manage_public_channel_properties" : "manage_private_channel_properties");
        }
        else
        {
            request.RequireChannel(channel, Permission.ReadChannel);
        }

        string displayName = ApiRequest.Text(body, "display_name");
        await request.JsonAsync(request.Core.Channels.Rename(channel.Id, displayName.Length > 0 ? displayName : channel.DisplayName));
    }

    private static async Task ConvertAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        string type = ApiRequest.Text(await request.BodyAsync("privacy"), "privacy");
        if (type is not ("O" or "P") || channel.Type is not ("O" or "P"))
        {
            throw ApiException.InvalidBody("privacy");
        }

        request.RequireChannel(channel, type == "P" ? Permission.ConvertPublicToPrivate : Permission.ManageSystem);
        if (channel.Name == Memberships.DefaultChannels[0] && type == "P")
        {
            throw new ApiException(400, "api.channel.update_channel_privacy.default_channel_error", "The default channel cannot be made private.");
        }

        await request.JsonAsync(request.Core.Channels.ChangeType(channel.Id, type));
    }

    private static Task StatsAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        request.RequireChannel(channel, Permission.ReadChannel);
        var stats = new JsonObject
        {
            ["channel_id"] = channel.Id,
            ["member_count"] = request.State.Channels.CountMembers(channel.Id),
            ["guest_count"] = request.State.Channels.MembersOf(channel.Id).Count(m => m.SchemeGuest),
            ["pinnedpost_count"] = 0,
            ["files_count"] = request.Query("exclude_files_count") == "true" ? -1 : 0,
        };
        return request.JsonAsync(stats);
    }

    private static Task ByNameAsync(ApiRequest request)
    {
        Team team = request.Team();
        Channel? channel = request.State.Channels.GetByName(team.Id, request.Route("name"));
        if (channel is null || (channel.DeleteAt > 0 && request.Query("include_deleted") != "true"))
        {
            throw new ApiException(404, "app.channel.get_by_name.missing.app_error", "Channel does not exist.");
        }

        RequireReadable(request, channel);
        return request.JsonAsync(channel);
    }

    private static Task OfUserInTeamAsync(ApiRequest request)
    {
        string userId = request.UserId();
        Team team = request.Team();
        request.RequireEdit(userId);
        request.RequireTeam(team.Id, Permission.ViewTeam);
        return WriteOfUserAsync(request, userId, c => c.TeamId.Length == 0 || c.TeamId == team.Id);
    }

    private static Task OfUserAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        return WriteOfUserAsync(request, userId, static _ => true);
    }

    private static Task WriteOfUserAsync(ApiRequest request, string userId, Func<Channel, bool> filter)
    {
        bool withDeleted = request.Query("include_deleted") == "true";
        List<Channel> channels = [.. request.State.Channels.IdsOf(userId)
            .Select(request.State.Channels.Get)
            .OfType<Channel>()
            .Where(c => filter(c) && (withDeleted || c.DeleteAt == 0))
            .OrderBy(c => c.DisplayName, StringComparer.Ordinal)];
        return channels.Count > 0
            ? request.JsonAsync(channels)
            : throw new ApiException(404, "app.channel.get_channels.not_found.app_error", "No channels were found.");
    }

    private static void RequireReadable(ApiRequest request, Channel channel)
    {
        if (channel.Type == "O" && request.Permissions.HasTeam(request.Session, channel.TeamId, Permission.ReadPublicChannel))
        {
            return;
        }

        request.RequireChannel(channel, Permission.ReadChannel);
    }

    private static void RequireVisible(ApiRequest request, IEnumerable<string> userIds)
    {
        if (userIds.Any(id => !request.Permissions.CanSeeUser(request.Session, id)))
        {
            throw ApiException.Forbidden(Permission.ViewMembers);
        }
    }
}
