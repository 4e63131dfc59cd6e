using System.Text.Json;
using Calls.StandIn.Seed;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>Log-in, log-out and what makes a session valid: 7.1 rows 1, 1b, 2, and the log-in group of 11.3.</summary>
public sealed class SessionTests : StandInTest
{
    [Theory]
    [InlineData("alice", DemoSeed.DemoPassword)]
    [InlineData("ALICE", DemoSeed.DemoPassword)]
    [InlineData("alice@example.com", DemoSeed.DemoPassword)]
    [InlineData("sysadmin", DemoSeed.AdminPassword)]
    public async Task Login_answers_the_user_and_a_token_header(string loginId, string password)
    {
        ApiAnswer answer = (await WithToken(null).PostAsync("/users/login", new { login_id = loginId, password })).Is(200);

        string token = Assert.Single(answer.Headers.GetValues("Token"));
        Assert.Equal(26, token.Length);
        Assert.Equal(answer["id"], (await WithToken(token).GetAsync("/users/me")).Is(200)["id"]);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.False(answer.Json.TryGetProperty("password", out _));
    }

    [Fact]
    public async Task Login_sets_cookies_only_for_scripts_of_a_page()
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "");
        message.Headers.Add("X-Requested-With", "XMLHttpRequest");

        ApiAnswer answer = await WithToken(null).SendAsync(message, "/users/login", new { login_id = "alice", password = DemoSeed.DemoPassword });

        string[] cookies = [.. answer.Headers.GetValues("Set-Cookie")];
        Assert.Equal(3, cookies.Length);
        Assert.Contains(cookies, c => c.StartsWith("MMAUTHTOKEN=" + answer.Headers.GetValues("Token").Single(), StringComparison.Ordinal) && c.Contains("httponly", StringComparison.OrdinalIgnoreCase) && c.Contains("path=/", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(cookies, c => c.StartsWith("MMUSERID=" + Alice, StringComparison.Ordinal) && !c.Contains("httponly", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(cookies, c => c.StartsWith("MMCSRF=", StringComparison.Ordinal) && !c.Contains("httponly", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", "wrong-too")]
    public async Task Login_with_an_unknown_user_or_wrong_password_is_401(string loginId, string password) =>
        (await WithToken(null).PostAsync("/users/login", new { login_id = loginId, password })).Refused(401, "api.user.login.invalid_credentials_email_username");

    [Fact]
    public async Task Login_of_a_bot_or_a_deactivated_user_is_401()
    {
        Server.SetActive(Bob, isActive: false);

        (await WithToken(null).PostAsync("/users/login", new { login_id = "bob", password = DemoSeed.DemoPassword })).Refused(401, "api.user.login.inactive.app_error");
        (await WithToken(null).PostAsync("/users/login", new { login_id = "calls", password = "x" })).Refused(401, "api.user.login.bot_login_forbidden.app_error");
    }

    [Fact]
    public async Task Login_is_locked_after_ten_wrong_passwords()
    {
        for (int i = 0; i < 10; i++)
        {
            (await WithToken(null).PostAsync("/users/login", new { login_id = "alice", password = "wrong" })).Is(401);
        }

        (await WithToken(null).PostAsync("/users/login", new { login_id = "alice", password = DemoSeed.DemoPassword })).Refused(401, "api.user.check_user_login_attempts.too_many.app_error");
    }

    [Fact]
    public async Task Logout_ends_the_session_and_works_without_one()
    {
        ApiClient alice = As("alice");

        Assert.Equal("OK", (await alice.PostAsync("/users/logout")).Is(200)["status"]);
        (await alice.GetAsync("/users/me")).Refused(401, "api.context.session_expired.app_error");
        (await WithToken(null).PostAsync("/users/logout")).Is(200);
    }

    [Fact]
    public async Task Row_1_status_validates_a_token_without_touching_its_activity()
    {
        ApiClient alice = As("alice");
        long before = (await LastActivityAsync(alice)).Single();
        Time.Advance(TimeSpan.FromMinutes(30));

        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Alice, (await alice.GetAsync("/users/me/status")).Is(200)["user_id"]);
        }

        Assert.Equal(before, (await LastActivityAsync(alice)).Single());
        (await alice.GetAsync("/users/me")).Is(200);
        Assert.NotEqual(before, (await LastActivityAsync(alice)).Single());
    }

    [Fact]
    public async Task Row_1_status_is_404_with_its_own_id_when_statuses_are_off()
    {
        Server.SetConfig("ServiceSettings", "EnableUserStatuses", false);

        (await As("alice").GetAsync("/users/me/status")).Refused(404, "api.status.user_not_found.app_error");
        (await WithToken("unknownxxxxxxxxxxxxxxxxxxx").GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");
    }

    [Fact]
    public async Task Row_1_status_is_401_for_missing_unknown_revoked_expired_and_idle_tokens()
    {
        ApiClient revoked = As("alice");
        Server.RevokeSession(revoked.Token!);
        ApiClient expired = As("alice");
        Server.SetSessionExpiry(expired.Token!, Time.GetUtcNow().ToUnixTimeMilliseconds() - 1);

        (await WithToken(null).GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");
        (await WithToken("x").GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");
        (await revoked.GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");
        (await expired.GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");

        Server.SetConfig("ServiceSettings", "SessionIdleTimeoutInMinutes", 60);
        ApiClient idle = As("alice");
        Time.Advance(TimeSpan.FromMinutes(61));
        (await idle.GetAsync("/users/me/status")).Refused(401, "api.context.session_expired.app_error");
    }

    [Fact]
    public async Task Mfa_owed_is_403_everywhere_except_for_the_user_himself()
    {
        ApiClient alice = As("alice");
        Server.SetOwesMfa(Alice, true);

        (await alice.GetAsync("/users/me/status")).Refused(403, "api.context.mfa_required.app_error");
        (await alice.GetAsync("/users/me/sessions")).Refused(403, "api.context.mfa_required.app_error");
        (await alice.GetAsync("/users/me")).Is(200);
        (await WithToken(Server.LogIn("alice", isOAuth: true)).GetAsync("/users/me/status")).Is(200);
    }

    [Fact]
    public async Task Row_1b_sessions_show_everything_but_the_token()
    {
        string token = Server.LogIn("alice", deviceId: "apple:device");

        JsonElement session = (await WithToken(token).GetAsync("/users/me/sessions")).Is(200).Json.EnumerateArray().Single();

        Assert.Equal("", session.GetProperty("token").GetString());
        Assert.Equal(Alice, session.GetProperty("user_id").GetString());
        Assert.Equal("apple:device", session.GetProperty("device_id").GetString());
        Assert.Equal("system_user", session.GetProperty("roles").GetString());
        Assert.False(session.GetProperty("is_oauth").GetBoolean());
        Assert.True(session.GetProperty("expires_at").GetInt64() > 0);
        Assert.Equal(Server.CsrfOf(token), session.GetProperty("props").GetProperty("csrf").GetString());
        Assert.Equal("false", session.GetProperty("props").GetProperty("is_guest").GetString());
        Assert.Equal(1, session.GetProperty("team_members").GetArrayLength());
    }

    [Fact]
    public async Task Row_2_sessions_of_others_need_the_right_to_edit_them()
    {
        string revoked = Server.LogIn("alice");
        Server.LogIn("alice");

        JsonElement list = (await AsBot().GetAsync($"/users/{Alice}/sessions")).Is(200).Json;
        Assert.Equal(2, list.GetArrayLength());
        (await As("bob").GetAsync($"/users/{Alice}/sessions")).Refused(403, "api.context.permissions.app_error");

        Server.RevokeSession(revoked);
        Assert.Equal(1, (await AsBot().GetAsync($"/users/{Alice}/sessions")).Json.GetArrayLength());
    }

    [Fact]
    public async Task A_session_can_be_revoked_by_its_id()
    {
        ApiClient alice = As("alice");
        string id = (await alice.GetAsync("/users/me/sessions")).Json[0].GetProperty("id").GetString()!;

        (await alice.PostAsync("/users/me/sessions/revoke", new { session_id = id })).Is(200);

        (await alice.GetAsync("/users/me/status")).Is(401);
    }

    [Fact]
    public async Task The_bot_token_is_a_session_of_type_access_token()
    {
        ApiAnswer me = (await AsBot().GetAsync("/users/me")).Is(200);

        Assert.True(me.Json.GetProperty("is_bot").GetBoolean());
        Assert.Contains("system_admin", me["roles"]);
        JsonElement session = (await AsBot().GetAsync("/users/me/sessions")).Json[0];
        Assert.Equal("UserAccessToken", session.GetProperty("props").GetProperty("type").GetString());
        Assert.Equal("true", session.GetProperty("props").GetProperty("is_bot").GetString());
    }

    [Fact]
    public async Task A_cookie_needs_csrf_for_anything_but_get()
    {
        string token = Server.LogIn("alice");

        Assert.Equal(200, await Cookie(HttpMethod.Get));
        Assert.Equal(401, await Cookie(HttpMethod.Post));
        Assert.Equal(401, await Cookie(HttpMethod.Post, ("X-CSRF-Token", "wrong")));
        Assert.Equal(200, await Cookie(HttpMethod.Post, ("X-CSRF-Token", Server.CsrfOf(token))));
        Assert.Equal(200, await Cookie(HttpMethod.Post, ("X-Requested-With", "XMLHttpRequest")));

        Server.SetConfig("ServiceSettings", "ExperimentalStrictCSRFEnforcement", true);
        Assert.Equal(401, await Cookie(HttpMethod.Post, ("X-Requested-With", "XMLHttpRequest")));
        Assert.Equal(200, await Cookie(HttpMethod.Post, ("X-CSRF-Token", Server.CsrfOf(token))));

        async Task<int> Cookie(HttpMethod method, (string Name, string Value)? header = null)
        {
            var message = new HttpRequestMessage(method, "");
            message.Headers.Add("Cookie", $"MMAUTHTOKEN={token}");
            if (header is { } given)
            {
                message.Headers.Add(given.Name, given.Value);
            }

            return method == HttpMethod.Get
                ? (int)(await WithToken(null).SendAsync(message, "/users/me", null)).Status
                : (int)(await WithToken(null).SendAsync(message, "/users/ids", new[] { Alice })).Status;
        }
    }

    [Fact]
    public async Task The_cookie_goes_before_the_header_and_the_query_is_for_oauth_only()
    {
        var both = new HttpRequestMessage(HttpMethod.Get, "");
        both.Headers.Add("Cookie", $"MMAUTHTOKEN={Server.LogIn("bob")}");
        both.Headers.Add("Authorization", $"bearer {Server.LogIn("alice")}");
        Assert.Equal("bob", (await WithToken(null).SendAsync(both, "/users/me", null))["username"]);

        var lower = new HttpRequestMessage(HttpMethod.Get, "");
        lower.Headers.Add("Authorization", $"token {Server.LogIn("alice")}");
        Assert.Equal("alice", (await WithToken(null).SendAsync(lower, "/users/me", null))["username"]);

        (await WithToken(null).GetAsync($"/users/me?access_token={Server.LogIn("alice")}")).Refused(401, "api.context.token_provided.app_error");
        (await WithToken(null).GetAsync($"/users/me?access_token={Server.LogIn("alice", isOAuth: true)}")).Is(200);
    }

    private static async Task<long[]> LastActivityAsync(ApiClient client) =>
        [.. (await client.GetAsync("/users/me/sessions")).Is(200).Json.EnumerateArray().Select(s => s.GetProperty("last_activity_at").GetInt64())];
}
