using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Users: look-ups, creation, roles, avatars, activation (mattermost-integration.md 7.1, 7.6).</summary>
internal static class UserRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/users", CreateAsync, Access.Anyone);
        routes.Get("/users", ListAsync);
        routes.Post("/users/ids", ByIdsAsync);
        routes.Get("/users/username/{username}", ByUsernameAsync);
        routes.Get("/users/{user_id}", GetAsync);
        routes.Delete("/users/{user_id}", DeactivateAsync);
        routes.Put("/users/{user_id}/active", SetActiveAsync);
        routes.Put("/users/{user_id}/patch", PatchAsync);
        routes.Put("/users/{user_id}/roles", SetRolesAsync);
        routes.Get("/users/{user_id}/image", GetImageAsync);
        routes.Post("/users/{user_id}/image", SetImageAsync);
        routes.Get("/users/{user_id}/status", StatusAsync);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("user");
        ServerConfig config = request.State.Settings.Current;
        bool isAdmin = request.OptionalSession is { } session && request.Permissions.IsSystemAdmin(session);
        if (!isAdmin && !config.Bool("TeamSettings", "EnableUserCreation"))
        {
            throw new ApiException(501, "api.user.create_user.signup_email_disabled.app_error", "User sign-up with email is disabled.");
        }

        if (!isAdmin && !config.Bool("TeamSettings", "EnableOpenServer"))
        {
            throw new ApiException(403, "api.user.create_user.no_open_server", "This server does not allow open signups.");
        }

        User user = request.Core.Accounts.Create(
            ApiRequest.Text(body, "username"),
            ApiRequest.Text(body, "email"),
            ApiRequest.Text(body, "password"),
            u => u with
            {
                FirstName = ApiRequest.Text(body, "first_name"),
                LastName = ApiRequest.Text(body, "last_name"),
                Nickname = ApiRequest.Text(body, "nickname"),
                Position = ApiRequest.Text(body, "position"),
            });
        await request.JsonAsync(UserView.Of(user, request.State, UserView.Audience.Self), StatusCodes.Status201Created);
    }

    private static Task ListAsync(ApiRequest request)
    {
        IEnumerable<User> users = request.State.Users.All();
        string channelId = request.Query("in_channel");
        string role = request.Query("role");
        if (channelId.Length > 0)
        {
            Channel channel = request.State.Channels.Get(channelId) ?? throw ApiException.NoChannel();
            request.RequireChannel(channel, Permission.ReadChannel);
            users = users.Where(u => request.State.Channels.GetMember(channelId, u.Id) is not null);
        }
        else if (request.Query("in_team") is { Length: > 0 } teamId)
        {
            request.RequireTeam(teamId, Permission.ViewTeam);
            users = users.Where(u => request.State.Teams.IsMember(teamId, u.Id));
        }
        else
        {
            users = users.Where(u => request.Permissions.CanSeeUser(request.Session, u.Id));
        }

        if (role.Length > 0)
        {
            users = users.Where(u => u.RoleNames.Contains(role));
        }

        if (request.Query("active") == "true")
        {
            users = users.Where(u => u.DeleteAt == 0);
        }

        return request.JsonAsync(request.PageOf(users).Select(u => UserView.For(request.Session, u, request.State)).ToList());
    }

    private static async Task ByIdsAsync(ApiRequest request)
    {
        IReadOnlyList<string> ids = ApiRequest.Strings(await request.BodyAsync("user_ids", JsonValueKind.Array), "user_ids");
        if (ids.Count == 0)
        {
            throw ApiException.InvalidBody("user_ids");
        }

        IEnumerable<User> found = ids.Distinct().Select(request.State.Users.Get).OfType<User>().Where(u => request.Permissions.CanSeeUser(request.Session, u.Id));
        await request.JsonAsync(found.Select(u => UserView.For(request.Session, u, request.State)).ToList());
    }

    private static Task ByUsernameAsync(ApiRequest request)
    {
        User user = request.State.Users.GetByUsername(request.Route("username"))
            ?? throw new ApiException(404, "app.user.get_by_username.app_error", "Unable to find an existing account matching your username for this team. This team may require an invite from the team owner to join.");
        RequireVisible(request, user.Id);
        return request.JsonAsync(UserView.For(request.Session, user, request.State));
    }

    private static Task GetAsync(ApiRequest request)
    {
        string id = request.UserId();
        RequireVisible(request, id);
        User user = request.State.Users.Get(id) ?? throw ApiException.NoUser();
        if (id == request.Session.UserId && request.State.Sessions.Touch(request.Session.Token))
        {
            request.Core.Hub.UpdateActivity(id, request.Session.Token);
        }

        return request.JsonAsync(UserView.For(request.Session, user, request.State));
    }

    private static async Task DeactivateAsync(ApiRequest request)
    {
        string id = request.UserId();
        request.RequireEdit(id);
        request.Core.Accounts.SetActive(id, isActive: false);
        await request.OkAsync();
    }

    private static async Task SetActiveAsync(ApiRequest request)
    {
        string id = request.UserId();
        JsonElement body = await request.BodyAsync("active");
        if (!body.TryGetProperty("active", out JsonElement active) || active.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw ApiException.InvalidBody("active");
        }

        request.RequireEdit(id);
        request.Core.Accounts.SetActive(id, active.GetBoolean());
        await request.OkAsync();
    }

    private static async Task PatchAsync(ApiRequest request)
    {
        string id = request.UserId();
        JsonElement body = await request.BodyAsync("user");
        request.RequireEdit(id);
        User user = request.Core.Accounts.Update(id, u => u with
        {
            FirstName = Patched(body, "first_name", u.FirstName),
            LastName = Patched(body, "last_name", u.LastName),
            Nickname = Patched(body, "nickname", u.Nickname),
            Position = Patched(body, "position", u.Position),
            Locale = Patched(body, "locale", u.Locale),
        });
        await request.JsonAsync(UserView.For(request.Session, user, request.State));
    }

    private static async Task SetRolesAsync(ApiRequest request)
    {
        string id = request.UserId();
        string roles = ApiRequest.Text(await request.BodyAsync("roles"), "roles");
        if (roles.Length == 0 || roles.Split(' ').Any(r => request.State.Roles.GetByName(r) is null))
        {
            throw ApiException.InvalidBody("roles");
        }

        request.RequireSystem(Permission.ManageRoles);
        request.Core.Accounts.SetRoles(id, roles);
        await request.OkAsync();
    }

    private static Task GetImageAsync(ApiRequest request)
    {
        string id = request.UserId();
        RequireVisible(request, id);
        User user = request.State.Users.Get(id) ?? throw ApiException.NoUser();
        string etag = $"\"{user.LastPictureUpdate}.{user.Username}\"";
        HttpResponse response = request.Http.Response;
        if (request.Http.Request.Headers.IfNoneMatch == etag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.Headers.ETag = etag;
        response.Headers.CacheControl = "max-age=86400, private";
        return user.Image is { } image
            ? request.BytesAsync(image, "image/png")
            : request.BytesAsync(Avatar.Generate(SHA256.HashData(Encoding.UTF8.GetBytes(user.Username))), "image/png");
    }

    private static async Task SetImageAsync(ApiRequest request)
    {
        string id = request.UserId();
        request.RequireEdit(id);
        IFormFile file = (request.Http.Request.HasFormContentType ? (await request.Http.Request.ReadFormAsync()).Files.GetFile("image") : null)
            ?? throw new ApiException(400, "api.user.upload_profile_user.no_file.app_error", "No file under 'image' in request.");
        var content = new MemoryStream();
        await file.CopyToAsync(content);
        request.Core.Accounts.Update(id, u => u with { Image = content.ToArray(), LastPictureUpdate = request.State.Clock.NowMs });
        await request.OkAsync();
    }

    private static Task StatusAsync(ApiRequest request)
    {
        string id = request.UserId();
        if (!request.State.Settings.Current.Bool("ServiceSettings", "EnableUserStatuses"))
        {
            throw new ApiException(404, "api.status.user_not_found.app_error", "User not found.");
        }

        return request.JsonAsync(new JsonObject
        {
            ["user_id"] = id,
            ["status"] = request.Core.Hub.IsOnline(id) ? "online" : "offline",
            ["manual"] = false,
            ["last_activity_at"] = request.State.Sessions.OfUser(id).FirstOrDefault()?.LastActivityAt ?? 0,
        });
    }

    private static void RequireVisible(ApiRequest request, string userId)
    {
        if (!request.Permissions.CanSeeUser(request.Session, userId))
        {
            throw ApiException.Forbidden(Permission.ViewMembers);
        }
    }

    private static string Patched(JsonElement body, string name, string old) =>
        body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : old;
}
