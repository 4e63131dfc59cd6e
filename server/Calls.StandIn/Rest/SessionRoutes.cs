using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Log-in, log-out, sessions and access tokens (mattermost-integration.md 7.1, 7.6, 11.3).</summary>
internal static class SessionRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/users/login", LogInAsync, Access.Anyone);
        routes.Post("/users/logout", LogOutAsync, Access.Anyone);
        routes.Get("/users/{user_id}/sessions", ListAsync);
        routes.Post("/users/{user_id}/sessions/revoke", RevokeAsync);
        routes.Post("/users/{user_id}/sessions/revoke/all", RevokeAllAsync);
        routes.Put("/users/sessions/device", AttachDeviceAsync);
        routes.Post("/users/{user_id}/tokens", CreateTokenAsync);
    }

    private static async Task LogInAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("body");
        string loginId = ApiRequest.Text(body, "login_id");
        User user = request.Core.Accounts.LogIn(loginId.Length > 0 ? loginId : ApiRequest.Text(body, "id"), ApiRequest.Text(body, "password"));
        string userAgent = request.Http.Request.Headers.UserAgent.ToString();
        Session session = request.State.Sessions.Create(user, ApiRequest.Text(body, "device_id"), userAgent.Contains("Mobile") ? "Mobile" : "Linux", "Linux");
        HttpResponse response = request.Http.Response;
        response.Headers["Token"] = session.Token;
        if (request.Http.Request.Headers.XRequestedWith == "XMLHttpRequest")
        {
            TimeSpan life = TimeSpan.FromHours(request.State.Settings.Current.Int("ServiceSettings", "SessionLengthWebInHours"));
            Append("MMAUTHTOKEN", session.Token, life, isHttpOnly: true);
            Append("MMUSERID", user.Id, life, isHttpOnly: false);
            Append("MMCSRF", session.Csrf, life, isHttpOnly: false);
        }

        await request.JsonAsync(UserView.Of(user, request.State, UserView.Audience.Self));

        void Append(string name, string value, TimeSpan life, bool isHttpOnly) =>
            response.Cookies.Append(name, value, new CookieOptions
            {
                Path = "/",
                MaxAge = life,
                Expires = request.State.Clock.Time.GetUtcNow() + life,
                HttpOnly = isHttpOnly,
                Secure = request.Http.Request.Headers["X-Forwarded-Proto"] == "https",
            });
    }

    private static async Task LogOutAsync(ApiRequest request)
    {
        if (request.OptionalSession is { } session)
        {
            request.Core.Accounts.Revoke(session.Token);
        }

        foreach (string name in (ReadOnlySpan<string>)["MMAUTHTOKEN", "MMUSERID", "MMCSRF"])
        {
            request.Http.Response.Cookies.Append(name, "", new CookieOptions { Path = "/", MaxAge = TimeSpan.Zero, HttpOnly = name == "MMAUTHTOKEN" });
        }

        await request.OkAsync();
    }

    private static Task ListAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        var list = new JsonArray();
        foreach (Session session in request.State.Sessions.OfUser(userId))
        {
            JsonObject view = Wire.ToNode(session with { Token = "" })!.AsObject();
            view["team_members"] = Wire.ToNode(request.State.Teams.MembershipsOf(userId));
            list.Add(view);
        }

        return request.JsonAsync(list);
    }

    private static async Task RevokeAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        string sessionId = ApiRequest.Text(await request.BodyAsync("session_id"), "session_id");
        Session session = request.State.Sessions.OfUser(userId).FirstOrDefault(s => s.Id == sessionId)
            ?? throw ApiException.InvalidBody("session_id");
        request.Core.Accounts.Revoke(session.Token);
        await request.OkAsync();
    }

    private static Task RevokeAllAsync(ApiRequest request)
    {
        string userId = request.UserId();
        request.RequireEdit(userId);
        request.Core.Accounts.RevokeAll(userId);
        return request.OkAsync();
    }

    private static async Task AttachDeviceAsync(ApiRequest request)
    {
        string device = ApiRequest.Text(await request.BodyAsync("device_id"), "device_id");
        if (device.Length == 0)
        {
            throw ApiException.InvalidBody("device_id");
        }

        request.State.Sessions.Update(request.Session.Token, s => s with { DeviceId = device });
        await request.OkAsync();
    }

    private static async Task CreateTokenAsync(ApiRequest request)
    {
        string userId = request.UserId();
        string description = ApiRequest.Text(await request.BodyAsync("user_access_token"), "description");
        if (description.Length == 0)
        {
            throw ApiException.InvalidBody("description");
        }

        request.RequireSystem(Permission.CreateUserAccessToken);
        request.RequireEdit(userId);
        User user = request.State.Users.Get(userId) ?? throw ApiException.NoUser();
        if (!user.IsBot && !request.State.Settings.Current.Bool("ServiceSettings", "EnableUserAccessTokens"))
        {
            throw new ApiException(501, "app.user_access_token.disabled", "Personal access tokens are disabled on this server. Please contact your system administrator for details.");
        }

        if (user.RoleNames.Contains("system_admin") && !request.Permissions.IsSystemAdmin(request.Session))
        {
            throw ApiException.Forbidden(Permission.ManageSystem);
        }

        AccessToken token = request.State.Sessions.CreateAccessToken(userId, description);
        await request.JsonAsync(new JsonObject
        {
            ["id"] = token.Id,
            ["token"] = token.Token,
            ["user_id"] = userId,
            ["description"] = description,
            ["is_active"] = true,
        });
    }
}
