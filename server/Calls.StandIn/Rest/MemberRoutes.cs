using System.Text.Json;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Channel members (mattermost-integration.md 7.2, 11.3).</summary>
internal static class MemberRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/channels/{channel_id}/members", ListAsync);
        routes.Post("/channels/{channel_id}/members", AddAsync);
        routes.Post("/channels/{channel_id}/members/ids", ByIdsAsync);
        routes.Get("/channels/{channel_id}/members/{user_id}", GetAsync);
        routes.Delete("/channels/{channel_id}/members/{user_id}", RemoveAsync);
        routes.Put("/channels/{channel_id}/members/{user_id}/schemeRoles", SetSchemeRolesAsync);
        routes.Get("/users/{user_id}/channel_members", OfUserAsync);
        routes.Get("/users/{user_id}/teams/{team_id}/channels/members", OfUserInTeamAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        request.RequireChannel(channel, Permission.ReadChannel);
        return request.JsonAsync(request.PageOf(request.State.Channels.MembersOf(channel.Id)));
    }

    private static async Task AddAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        JsonElement body = await request.BodyAsync("member");
        string userId = ApiRequest.Text(body, "user_id");
        if (!Ids.IsValid(userId))
        {
            throw ApiException.InvalidBody("user_id");
        }

        if (channel.Type == "P")
        {
            request.RequireChannel(channel, Permission.ManagePrivateChannelMembers);
        }
        else if (channel.Type == "O")
        {
            // A user adds himself with the right to join, others with the right to manage members.
            if (userId != request.Session.UserId || !request.Permissions.HasTeam(request.Session, channel.TeamId, Permission.JoinPublicChannels))
            {
                request.RequireChannel(channel, Permission.ManagePublicChannelMembers);
            }
        }

        await request.JsonAsync(request.Core.Memberships.JoinChannel(channel, userId), StatusCodes.Status201Created);
    }

    private static async Task ByIdsAsync(ApiRequest request)
    {
        string channelId = request.Id("channel_id");
        IReadOnlyList<string> ids = ApiRequest.Strings(await request.BodyAsync("user_ids", JsonValueKind.Array), "user_ids");
        if (ids.Count == 0)
        {
            throw ApiException.InvalidBody("user_ids");
        }

        request.RequireChannel(request.State.Channels.Get(channelId) ?? throw ApiException.NoChannel(), Permission.ReadChannel);
        await request.JsonAsync(ids.Distinct().Select(id => request.State.Channels.GetMember(channelId, id)).OfType<ChannelMember>().ToList());
    }

    private static Task GetAsync(ApiRequest request)
    {
        string userId = request.UserId();
        Channel channel = request.Channel();
        request.RequireChannel(channel, Permission.ReadChannel);
        return request.JsonAsync(request.State.Channels.GetMember(channel.Id, userId) ?? throw NoMember());
    }

    private static Task RemoveAsync(ApiRequest request)
    {
        string userId = request.UserId();
        Channel channel = request.Channel();
        if (request.State.Users.Get(userId) is null)
        {
            throw ApiException.NoUser();
        }

        if (userId != request.Session.UserId && channel.Type is "O" or "P")
        {
            request.RequireChannel(channel, channel.Type == "O" ? Permission.ManagePublicChannelMembers : Permission.ManagePrivateChannelMembers);
        }

        request.Core.Memberships.LeaveChannel(channel, userId, request.Session.UserId);
        return request.OkAsync();
    }

    private static async Task SetSchemeRolesAsync(ApiRequest request)
    {
        string userId = request.UserId();
        Channel channel = request.Channel();
        JsonElement body = await request.BodyAsync("scheme_roles");
        request.RequireChannel(channel, Permission.ManageChannelRoles);
        bool isAdmin = body.TryGetProperty("scheme_admin", out JsonElement admin) && admin.ValueKind == JsonValueKind.True;
        request.Core.Memberships.SetChannelAdmin(channel.Id, userId, isAdmin);
        await request.OkAsync();
    }

    private static async Task OfUserAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        IReadOnlyList<ChannelMember> all = request.State.Channels.MembershipsOf(userId);
        if (request.Query("page") == "-1")
        {
            // One JSON object a line, all of them.
            HttpResponse response = request.Http.Response;
            response.ContentType = "application/x-ndjson";
            foreach (ChannelMember member in all)
            {
                await response.Body.WriteAsync((byte[])[.. Wire.ToUtf8(member), (byte)'\n'], request.Http.RequestAborted);
            }

            return;
        }

        await request.JsonAsync(request.PageOf(all));
    }

    private static Task OfUserInTeamAsync(ApiRequest request)
    {
        string userId = request.UserId();
        Team team = request.Team();
        request.RequireEdit(userId);
        request.RequireTeam(team.Id, Permission.ViewTeam);
        return request.JsonAsync(request.State.Channels.MembershipsOf(userId)
            .Where(m => request.State.Channels.Get(m.ChannelId) is { } channel && (channel.TeamId.Length == 0 || channel.TeamId == team.Id))
            .ToList());
    }

    private static ApiException NoMember() =>
        new(404, "app.channel.get_member.missing.app_error", "No channel member found for that user ID and channel ID.");
}
