using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>7.1 rows 3 to 9, 7.6 rows 39 to 43 and the user group of 11.3.</summary>
public sealed class UserRowTests : StandInTest
{
    private static readonly string[] Fields = ["id", "username", "first_name", "last_name", "nickname", "position", "roles", "locale", "delete_at"];

    [Fact]
    public async Task Row_3_a_user_by_id()
    {
        ApiAnswer user = (await AsBot().GetAsync($"/users/{Alice}")).Is(200);

        Assert.All(Fields, f => Assert.True(user.Json.TryGetProperty(f, out _), f));
        Assert.Equal("alice", user["username"]);
        Assert.False(user.Json.TryGetProperty("is_bot", out _));
        Assert.True((await AsBot().GetAsync($"/users/{Server.Seed.BotId}")).Json.GetProperty("is_bot").GetBoolean());
        (await AsBot().GetAsync($"/users/{new string('z', 26)}")).Refused(404, "app.user.missing_account.const");
        (await AsBot().GetAsync("/users/short")).Refused(400, "api.context.invalid_url_param.app_error");
        (await WithToken(null).GetAsync($"/users/{Alice}")).Refused(401, "api.context.session_expired.app_error");
    }

    [Fact]
    public async Task Row_3_a_guest_sees_only_whom_he_shares_a_channel_with()
    {
        string guest = Server.AddUser("guest", isGuest: true);

        (await As("guest").GetAsync($"/users/{Alice}")).Refused(403, "api.context.permissions.app_error");
        Server.AddMember(TownSquare, guest);
        (await As("guest").GetAsync($"/users/{Alice}")).Is(200);
    }

    [Fact]
    public async Task Row_3_names_and_addresses_are_hidden_from_others_when_so_configured()
    {
        Server.SetConfig("PrivacySettings", "ShowFullName", false);
        Server.SetConfig("PrivacySettings", "ShowEmailAddress", false);

        ApiAnswer seen = await As("bob").GetAsync($"/users/{Alice}");
        Assert.Equal("", seen["first_name"]);
        Assert.Equal("", seen["email"]);
        Assert.Equal("Alice", (await As("alice").GetAsync($"/users/{Alice}"))["first_name"]);
        Assert.Equal("Alice", (await AsBot().GetAsync($"/users/{Alice}"))["first_name"]);
    }

    [Fact]
    public async Task Row_4_users_by_ids()
    {
        JsonElement users = (await AsBot().PostAsync("/users/ids", new[] { Alice, Bob, new string('z', 26) })).Is(200).Json;

        Assert.Equal([Alice, Bob], users.EnumerateArray().Select(u => u.GetProperty("id").GetString()));
        (await AsBot().PostAsync("/users/ids", Array.Empty<string>())).Refused(400, "api.context.invalid_body_param.app_error");
        (await AsBot().PostAsync("/users/ids", "{}")).Refused(400, "api.context.invalid_body_param.app_error");
        (await AsBot().PostAsync("/users/ids", "[5]")).Refused(400, "api.context.invalid_body_param.app_error");
    }

    [Fact]
    public async Task Row_5_a_user_by_name()
    {
        Assert.Equal(Server.Seed.BotId, (await AsBot().GetAsync("/users/username/calls")).Is(200)["id"]);
        (await AsBot().GetAsync("/users/username/nobody")).Refused(404, "app.user.get_by_username.app_error");
    }

    [Fact]
    public async Task Row_6_users_by_role()
    {
        JsonElement users = (await AsBot().GetAsync("/users?role=system_admin&page=0&per_page=25")).Is(200).Json;

        Assert.Equal(["calls", "sysadmin"], users.EnumerateArray().Select(u => u.GetProperty("username").GetString()));
    }

    [Fact]
    public async Task Row_7_the_first_members_of_a_channel_by_name()
    {
        JsonElement users = (await AsBot().GetAsync($"/users?in_channel={TownSquare}&page=0&per_page=3")).Is(200).Json;

        Assert.Equal(["alice", "bob", "carol"], users.EnumerateArray().Select(u => u.GetProperty("username").GetString()));
        string secret = Server.AddChannel("secret", "P", Alice);
        (await As("bob").GetAsync($"/users?in_channel={secret}")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Rows_8_and_43_avatars_have_an_etag_and_can_be_replaced()
    {
        ApiAnswer image = (await AsBot().GetAsync($"/users/{Alice}/image")).Is(200);
        Assert.Equal("image/png", image.ContentType);
        Assert.Equal(new byte[] { 0x89, 0x50, 0x4E, 0x47 }, image.Body[..4]);
        string etag = image.Headers.GetValues("ETag").Single();

        var conditional = new HttpRequestMessage(HttpMethod.Get, "");
        conditional.Headers.Add("If-None-Match", etag);
        (await AsBot().SendAsync(conditional, $"/users/{Alice}/image", null)).Is(304);

        byte[] picture = [1, 2, 3];
        var upload = new HttpRequestMessage(HttpMethod.Post, "") { Content = new MultipartFormDataContent { { new ByteArrayContent(picture), "image", "a.png" } } };
        (await AsBot().SendAsync(upload, $"/users/{Server.Seed.BotId}/image", null)).Is(200);
        Assert.Equal(picture, (await AsBot().GetAsync($"/users/{Server.Seed.BotId}/image")).Body);
        var foreign = new HttpRequestMessage(HttpMethod.Post, "") { Content = new MultipartFormDataContent { { new ByteArrayContent(picture), "image", "a.png" } } };
        (await As("bob").SendAsync(foreign, $"/users/{Alice}/image", null)).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Row_9_a_preference_is_404_until_it_is_set()
    {
        string path = $"/users/{Alice}/preferences/display_settings/name/name_format";
        (await AsBot().GetAsync(path)).Refused(404, "app.preference.get.app_error");

        (await As("alice").PutAsync("/users/me/preferences", new[] { new { user_id = Alice, category = "display_settings", name = "name_format", value = "full_name" } })).Is(200);

        Assert.Equal("full_name", (await AsBot().GetAsync(path)).Is(200)["value"]);
        Assert.Equal(1, (await As("alice").GetAsync("/users/me/preferences")).Is(200).Json.GetArrayLength());
        (await As("bob").GetAsync(path)).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Row_39_bots_are_listed_for_those_who_may_read_them()
    {
        JsonElement bots = (await As("sysadmin").GetAsync("/bots?include_deleted=true")).Is(200).Json;

        Assert.Equal("calls", bots[0].GetProperty("username").GetString());
        Assert.Equal(Server.Seed.BotId, bots[0].GetProperty("user_id").GetString());
        (await As("alice").GetAsync("/bots")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Rows_40_to_42_a_human_administrator_makes_a_bot_with_role_and_token()
    {
        ApiClient admin = As("sysadmin");
        ApiAnswer bot = (await admin.PostAsync("/bots", new { username = "calls-jobs", display_name = "Calls", description = "Jobs" })).Is(201);
        Assert.Equal(Server.Seed.AdminId, bot["owner_id"]);
        (await admin.PutAsync($"/users/{bot["user_id"]}/roles", new { roles = "system_user system_admin" })).Is(200);
        (await admin.PostAsync($"/users/{bot["user_id"]}/tokens", new { })).Refused(400, "api.context.invalid_body_param.app_error");

        string token = (await admin.PostAsync($"/users/{bot["user_id"]}/tokens", new { description = "jobs" })).Is(200)["token"];

        ApiAnswer me = (await WithToken(token).GetAsync("/users/me")).Is(200);
        Assert.Equal("calls-jobs", me["username"]);
        Assert.Equal("system_user system_admin", me["roles"]);

        // The bot dies with its owner.
        Server.SetActive(Server.Seed.AdminId, isActive: false);
        (await WithToken(token).GetAsync("/users/me")).Is(401);
    }

    [Fact]
    public async Task Row_40_bots_and_ordinary_users_cannot_create_bots_and_the_switch_counts()
    {
        (await AsBot().PostAsync("/bots", new { username = "x" })).Refused(403, "api.context.permissions.app_error");
        (await As("alice").PostAsync("/bots", new { username = "x" })).Refused(403, "api.context.permissions.app_error");
        Server.SetConfig("ServiceSettings", "EnableBotAccountCreation", false);
        (await As("sysadmin").PostAsync("/bots", new { username = "x" })).Refused(403, "api.bot.create_disabled");
    }

    [Fact]
    public async Task Rows_41_and_42_need_an_administrator_and_humans_need_the_setting()
    {
        (await As("alice").PutAsync($"/users/{Alice}/roles", new { roles = "system_admin" })).Refused(403, "api.context.permissions.app_error");
        (await As("sysadmin").PutAsync($"/users/{Alice}/roles", new { roles = "no_such_role" })).Refused(400, "api.context.invalid_body_param.app_error");
        (await As("alice").PostAsync($"/users/{Server.Seed.BotId}/tokens", new { description = "x" })).Refused(403, "api.context.permissions.app_error");
        (await As("sysadmin").PostAsync($"/users/{Alice}/tokens", new { description = "x" })).Refused(501, "app.user_access_token.disabled");
        Server.SetConfig("ServiceSettings", "EnableUserAccessTokens", true);
        string token = (await As("sysadmin").PostAsync($"/users/{Alice}/tokens", new { description = "x" })).Is(200)["token"];
        Assert.Equal("alice", (await WithToken(token).GetAsync("/users/me"))["username"]);
        Server.SetConfig("ServiceSettings", "EnableUserAccessTokens", false);
        Server.RevokeSession(token);
        (await WithToken(token).GetAsync("/users/me")).Is(401);
    }

    [Fact]
    public async Task The_load_tool_registers_missing_users()
    {
        var user = new { username = "testuser-0", password = "testPass123$", email = "testuser-0@example.com" };
        (await WithToken(null).PostAsync("/users/login", new { login_id = "testuser-0", password = "testPass123$" })).Refused(401, "api.user.login.invalid_credentials_email_username");

        (await WithToken(null).PostAsync("/users", user)).Is(201);

        string token = (await WithToken(null).PostAsync("/users/login", new { login_id = "testuser-0", password = "testPass123$" })).Is(200).Headers.GetValues("Token").Single();
        string id = (await WithToken(token).GetAsync("/users/me"))["id"];
        (await WithToken(token).PostAsync($"/teams/{Server.Seed.TeamId}/members", new { team_id = Server.Seed.TeamId, user_id = id })).Is(201);
        (await WithToken(token).PostAsync($"/teams/{Server.Seed.TeamId}/members", new { team_id = Server.Seed.TeamId, user_id = id })).Is(201);
        Assert.Equal("O", (await WithToken(token).GetAsync($"/channels/{TownSquare}")).Is(200)["type"]);
        (await WithToken(token).PostAsync($"/channels/{TownSquare}/members", new { user_id = id })).Is(201);
        (await WithToken(null).PostAsync("/users", user)).Refused(400, "app.user.save.username_exists.app_error");
    }

    [Theory]
    [InlineData("Upper", "testPass123$", "a@example.com", "model.user.is_valid.username.app_error")]
    [InlineData("newuser", "short", "a@example.com", "model.user.is_valid.pwd_min_length.app_error")]
    [InlineData("newuser", "testPass123$", "nothing", "model.user.is_valid.email.app_error")]
    [InlineData("newuser", "testPass123$", "alice@example.com", "app.user.save.email_exists.app_error")]
    public async Task Bad_registrations_are_refused(string username, string password, string email, string id) =>
        (await WithToken(null).PostAsync("/users", new { username, password, email })).Refused(400, id);

    [Fact]
    public async Task Registration_can_be_closed()
    {
        Server.SetConfig("TeamSettings", "EnableOpenServer", false);
        var user = new { username = "newuser", password = "testPass123$", email = "n@example.com" };

        (await WithToken(null).PostAsync("/users", user)).Refused(403, "api.user.create_user.no_open_server");
        (await As("sysadmin").PostAsync("/users", user)).Is(201);
    }

    [Fact]
    public async Task Extra_users_are_seeded_with_fixed_ids()
    {
        await using StandInMattermost server = await StandInMattermost.StartAsync(new StandInOptions { ExtraUsers = 3 }, CancellationToken.None);
        using var client = new ApiClient(server.Url, null);

        ApiAnswer user = (await client.PostAsync("/users/login", new { login_id = "testuser-2", password = "testPass123$" })).Is(200);

        Assert.Equal(server.Seed.TestUserIds[2], user["id"]);
        Assert.All(server.Seed.UserIds.Values, id => Assert.Matches("^[a-z0-9]{26}$", id));
    }
}
