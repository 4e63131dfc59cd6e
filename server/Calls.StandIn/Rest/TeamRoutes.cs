using System.Text.Json;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Teams and their members (mattermost-integration.md 7.2, 11.3).</summary>
internal static class TeamRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Get("/teams", ListAsync);
        routes.Post("/teams", CreateAsync);
        routes.Get("/teams/name/{name}", ByNameAsync);
        routes.Get("/teams/{team_id}", GetAsync);
        routes.Get("/users/{user_id}/teams", OfUserAsync);
        routes.Get("/users/{user_id}/teams/members", MembershipsAsync);
        routes.Post("/teams/{team_id}/members", AddMemberAsync);
        routes.Get("/teams/{team_id}/members/{user_id}", MemberAsync);
        routes.Delete("/teams/{team_id}/members/{user_id}", RemoveMemberAsync);
    }

    private static Task ListAsync(ApiRequest request)
    {
        bool isAdmin = request.Permissions.IsSystemAdmin(request.Session);
        IEnumerable<Team> visible = request.State.Teams.All().Where(t => isAdmin || t.AllowOpenInvite);
        return request.JsonAsync(request.PageOf(visible));
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("team");
        request.RequireSystem(Permission.CreateTeam);
        string name = ApiRequest.Text(body, "name");
        if (name.Length < 2 || name.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')))
        {
            throw new ApiException(400, "model.team.is_valid.characters.app_error", "Name must be 2 or more lowercase alphanumeric characters.");
        }

        long now = request.State.Clock.NowMs;
        var team = new Team
        {
            Id = Ids.New(),
            CreateAt = now,
            UpdateAt = now,
            Name = name,
            DisplayName = ApiRequest.Text(body, "display_name") is { Length: > 0 } display ? display : name,
            Type = ApiRequest.Text(body, "type") is { Length: > 0 } type ? type : "O",
            AllowOpenInvite = ApiRequest.Text(body, "type") != "I",
            InviteId = Ids.New(),
        };
        if (!request.State.Teams.TryAdd(team))
        {
            throw new ApiException(400, "app.team.save.existing.app_error", "Must call update for existing team.");
        }

        foreach (string channel in Memberships.DefaultChannels)
        {
            request.State.Channels.TryAdd(new Channel
            {
                Id = Ids.New(),
                CreateAt = now,
                UpdateAt = now,
                TeamId = team.Id,
                Type = "O",
                Name = channel,
                DisplayName = channel == "town-square" ? "Town Square" : "Off-Topic",
            });
        }

        request.Core.Memberships.JoinTeam(team.Id, request.Session.UserId);
        request.Core.Memberships.SetTeamAdmin(team.Id, request.Session.UserId, isAdmin: true);
        await request.JsonAsync(team, StatusCodes.Status201Created);
    }

    private static Task ByNameAsync(ApiRequest request)
    {
        Team team = request.State.Teams.GetByName(request.Route("name"))
            ?? throw new ApiException(404, "app.team.get_by_name.missing.app_error", "Unable to find the existing team.");
        return WriteAsync(request, team);
    }

    private static Task GetAsync(ApiRequest request) => WriteAsync(request, request.Team());

    private static Task OfUserAsync(ApiRequest request)
    {
        string userId = request.UserId();
        if (userId != request.Session.UserId)
        {
            request.RequireSystem("list_users_without_team");
        }

        return request.JsonAsync(request.State.Teams.MembershipsOf(userId).Select(m => request.State.Teams.Get(m.TeamId)).OfType<Team>().Where(t => t.DeleteAt == 0).ToList());
    }

    private static Task MembershipsAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        return request.JsonAsync(request.State.Teams.MembershipsOf(userId));
    }

    private static async Task AddMemberAsync(ApiRequest request)
    {
        Team team = request.Team();
        JsonElement body = await request.BodyAsync("team_member");
        string userId = ApiRequest.Text(body, "user_id");
        if (!Ids.IsValid(userId))
        {
            throw ApiException.InvalidBody("user_id");
        }

        if (ApiRequest.Text(body, "team_id") != team.Id)
        {
            throw ApiException.InvalidBody("team_id");
        }

        if (userId == request.Session.UserId)
        {
            if (!team.AllowOpenInvite)
            {
                request.RequireSystem("join_private_teams");
            }

            request.RequireSystem(Permission.JoinPublicTeams);
        }
        else
        {
            request.RequireTeam(team.Id, Permission.AddUserToTeam);
        }

        await request.JsonAsync(request.Core.Memberships.JoinTeam(team.Id, userId), StatusCodes.Status201Created);
    }

    private static Task MemberAsync(ApiRequest request)
    {
        Team team = request.Team();
        string userId = request.UserId();
        request.RequireTeam(team.Id, Permission.ViewTeam);
        TeamMember member = request.State.Teams.GetMember(team.Id, userId)
            ?? throw new ApiException(404, "app.team.get_member.missing.app_error", "No team member found for that user ID and team ID.");
        return request.JsonAsync(member);
    }

    private static Task RemoveMemberAsync(ApiRequest request)
    {
        Team team = request.Team();
        string userId = request.UserId();
        if (userId != request.Session.UserId)
        {
            request.RequireTeam(team.Id, Permission.RemoveUserFromTeam);
        }

        request.Core.Memberships.LeaveTeam(team.Id, userId);
        return request.OkAsync();
    }

    private static Task WriteAsync(ApiRequest request, Team team)
    {
        if (!team.AllowOpenInvite || team.Type != "O")
        {
            request.RequireTeam(team.Id, Permission.ViewTeam);
        }

        return request.JsonAsync(team);
    }
}
