using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Rest;

/// <summary>7.2 rows 10 to 20 and the channel and team groups of 11.3.</summary>
public sealed class ChannelRowTests : StandInTest
{
    private string Team => Server.Seed.TeamId;

    [Fact]
    public async Task Row_10_a_channel_by_id()
    {
        ApiAnswer channel = (await AsBot().GetAsync($"/channels/{TownSquare}")).Is(200);

        Assert.Equal(("O", Team, "town-square", "Town Square", "0"), (channel["type"], channel["team_id"], channel["name"], channel["display_name"], channel["delete_at"]));
        (await AsBot().GetAsync($"/channels/{new string('z', 26)}")).Refused(404, "app.channel.get.existing.app_error");
    }

    [Fact]
    public async Task Row_10_channels_can_be_read_by_members_and_public_ones_by_the_team()
    {
        string open = Server.AddChannel("open", "O", Alice);
        string secret = Server.AddChannel("secret", "P", Alice);
        string direct = Server.AddDirectChannel(Alice, Bob);
        Server.AddUser("outsider", joinsTeam: false);

        (await As("carol").GetAsync($"/channels/{open}")).Is(200);
        (await As("outsider").GetAsync($"/channels/{open}")).Refused(403, "api.context.permissions.app_error");
        (await As("carol").GetAsync($"/channels/{secret}")).Refused(403, "api.context.permissions.app_error");
        (await As("carol").GetAsync($"/channels/{direct}")).Refused(403, "api.context.permissions.app_error");
        Assert.Equal(("D", ""), ((await As("bob").GetAsync($"/channels/{direct}")).Is(200)["type"], (await AsBot().GetAsync($"/channels/{direct}")).Is(200)["team_id"]));
    }

    [Fact]
    public async Task Row_11_a_channel_member_with_expanded_roles()
    {
        string channel = Server.AddChannel("open", "O", Alice);
        ApiAnswer member = (await AsBot().GetAsync($"/channels/{channel}/members/{Alice}")).Is(200);

        Assert.Equal("channel_user channel_admin", member["roles"]);
        Assert.True(member.Json.GetProperty("scheme_admin").GetBoolean());
        Assert.True(member.Json.GetProperty("scheme_user").GetBoolean());
        Assert.False(member.Json.GetProperty("scheme_guest").GetBoolean());
        (await AsBot().GetAsync($"/channels/{channel}/members/{Bob}")).Refused(404, "app.channel.get_member.missing.app_error");
        Assert.Equal("channel_user channel_admin", (await As("alice").GetAsync($"/channels/{channel}/members/me"))["roles"]);
    }

    [Fact]
    public async Task Row_12_members_by_ids_are_the_intersection()
    {
        string channel = Server.AddChannel("open", "P", Alice);
        JsonElement members = (await AsBot().PostAsync($"/channels/{channel}/members/ids", new[] { Alice, Bob, new string('z', 26) })).Is(200).Json;

        Assert.Equal([Alice], members.EnumerateArray().Select(m => m.GetProperty("user_id").GetString()));
        (await AsBot().PostAsync($"/channels/{channel}/members/ids", Array.Empty<string>())).Refused(400, "api.context.invalid_body_param.app_error");
        (await As("bob").PostAsync($"/channels/{channel}/members/ids", new[] { Alice })).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Row_12_a_body_above_the_payload_limit_is_413()
    {
        string[] ids = [.. Enumerable.Range(0, 10_400).Select(i => $"{i}".PadLeft(26, 'a'))];
        (await AsBot().PostAsync($"/channels/{TownSquare}/members/ids", ids)).Refused(413, "api.context.request_body_too_large.app_error");
        (await AsBot().PostAsync($"/channels/{TownSquare}/members/ids", ids[..10_000])).Is(200);
    }

    [Fact]
    public async Task Row_13_members_are_paged_60_by_default_and_200_at_most()
    {
        await using StandInMattermost server = await StandInMattermost.StartAsync(new StandInOptions { ExtraUsers = 250 }, CancellationToken.None);
        using var bot = new ApiClient(server.Url, server.BotToken);
        string path = $"/channels/{server.Seed.TownSquareId}/members";

        Assert.Equal(60, (await bot.GetAsync(path)).Json.GetArrayLength());
        Assert.Equal(200, (await bot.GetAsync($"{path}?per_page=1000")).Json.GetArrayLength());
        Assert.Equal(55, (await bot.GetAsync($"{path}?page=1&per_page=200")).Json.GetArrayLength());
        Assert.Equal(0, (await bot.GetAsync($"{path}?page=2&per_page=200")).Json.GetArrayLength());
    }

    [Fact]
    public async Task Row_14_memberships_of_a_user_over_all_teams_paged_or_streamed()
    {
        string direct = Server.AddDirectChannel(Alice, Bob);
        JsonElement members = (await AsBot().GetAsync($"/users/{Alice}/channel_members?page=0&per_page=200")).Is(200).Json;
        Assert.Equal(new[] { TownSquare, Server.Seed.OffTopicId, direct }.Order(StringComparer.Ordinal), members.EnumerateArray().Select(m => m.GetProperty("channel_id").GetString()!));
        Assert.Equal("channel_user", members[0].GetProperty("roles").GetString());

        ApiAnswer stream = (await AsBot().GetAsync($"/users/{Alice}/channel_members?page=-1")).Is(200);
        Assert.Equal("application/x-ndjson", stream.ContentType);
        Assert.Equal(3, stream.Text.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l)).Count());
        (await As("bob").GetAsync($"/users/{Alice}/channel_members")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Row_15_stats()
    {
        ApiAnswer stats = (await AsBot().GetAsync($"/channels/{TownSquare}/stats?exclude_files_count=true")).Is(200);

        Assert.Equal(("5", "0", "-1"), (stats["member_count"], stats["guest_count"], stats["files_count"]));
    }

    [Fact]
    public async Task Row_16_direct_channels_of_others_need_an_administrator()
    {
        (await As("carol").PostAsync("/channels/direct", new[] { Alice, Bob })).Refused(403, "api.context.permissions.app_error");
        ApiAnswer channel = (await AsBot().PostAsync("/channels/direct", new[] { Server.Seed.BotId, Server.Seed.AdminId })).Is(201);
        Assert.Equal("D", channel["type"]);
        Assert.Equal(string.Join("__", new[] { Server.Seed.BotId, Server.Seed.AdminId }.Order(StringComparer.Ordinal)), channel["name"]);
        Assert.Equal((await As("alice").PostAsync("/channels/direct", new[] { Alice, Alice })).Is(201)["name"], $"{Alice}__{Alice}");
        (await As("alice").PostAsync("/channels/direct", new[] { Alice })).Refused(400, "api.context.invalid_body_param.app_error");
        (await As("alice").PostAsync("/channels/direct", new[] { Alice, new string('z', 26) })).Refused(404, "app.user.missing_account.const");
    }

    [Fact]
    public async Task Group_channels_have_three_to_eight_members()
    {
        await using StandInMattermost server = await StandInMattermost.StartAsync(new StandInOptions { ExtraUsers = 8 }, CancellationToken.None);
        using var alice = new ApiClient(server.Url, server.LogIn("alice"));

        (await alice.PostAsync("/channels/group", server.Seed.TestUserIds.Take(1))).Refused(400, "api.channel.create_group.bad_size.app_error");
        (await alice.PostAsync("/channels/group", server.Seed.TestUserIds)).Refused(400, "api.channel.create_group.bad_size.app_error");
        ApiAnswer group = (await alice.PostAsync("/channels/group", server.Seed.TestUserIds.Take(7))).Is(201);
        Assert.Equal("G", group["type"]);
        Assert.Equal(group["id"], (await alice.PostAsync("/channels/group", server.Seed.TestUserIds.Take(7).Reverse())).Is(201)["id"]);
        Assert.StartsWith("alice, testuser-0", group["display_name"]);
    }

    [Fact]
    public async Task Rows_17_to_19_teams_and_their_members()
    {
        Assert.Equal("demo", (await AsBot().GetAsync($"/teams/{Team}")).Is(200)["name"]);
        Assert.Equal(Team, (await AsBot().GetAsync("/teams/name/demo")).Is(200)["id"]);
        (await AsBot().GetAsync($"/teams/{new string('z', 26)}")).Refused(404, "app.team.get.find.app_error");
        (await AsBot().GetAsync("/teams/name/none")).Refused(404, "app.team.get_by_name.missing.app_error");

        ApiAnswer member = (await AsBot().GetAsync($"/teams/{Team}/members/{Alice}")).Is(200);
        Assert.Equal(("team_user", "0"), (member["roles"], member["delete_at"]));
        Server.LeaveTeam(Alice);
        Assert.NotEqual("0", (await AsBot().GetAsync($"/teams/{Team}/members/{Alice}")).Is(200)["delete_at"]);
        (await AsBot().GetAsync($"/teams/{Team}/members/{Server.Seed.BotId}")).Refused(404, "app.team.get_member.missing.app_error");

        Assert.Equal(1, (await AsBot().GetAsync("/teams?page=0&per_page=200")).Is(200).Json.GetArrayLength());
        (await As("alice").PostAsync("/teams", new { name = "second", display_name = "Second", type = "O" })).Is(201);
        Assert.Equal(2, (await AsBot().GetAsync("/teams?page=0&per_page=200")).Is(200).Json.GetArrayLength());
    }

    [Fact]
    public async Task Row_20_roles_by_names()
    {
        JsonElement roles = (await As("alice").PostAsync("/roles/names", new[] { "channel_user", "system_admin", "nonsense" })).Is(200).Json;

        Assert.Equal(["channel_user", "system_admin"], roles.EnumerateArray().Select(r => r.GetProperty("name").GetString()));
        Assert.Contains("create_post", roles[0].GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        Assert.Contains("manage_system", roles[1].GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        (await As("alice").PostAsync("/roles/names", Enumerable.Range(0, 101).Select(i => $"r{i}"))).Refused(400, "api.roles.get_multiple_by_name_too_many.request_error");
        (await As("alice").PostAsync("/roles/names", Array.Empty<string>())).Refused(400, "api.context.invalid_body_param.app_error");
    }

    [Fact]
    public async Task Teams_and_channels_of_the_caller()
    {
        Assert.Equal([Team], (await As("alice").GetAsync("/users/me/teams")).Is(200).Json.EnumerateArray().Select(t => t.GetProperty("id").GetString()));
        string direct = Server.AddDirectChannel(Alice, Bob);
        string other = Server.AddChannel("other", "O", Bob);

        JsonElement channels = (await As("alice").GetAsync($"/users/me/teams/{Team}/channels")).Is(200).Json;

        Assert.Equal(new[] { direct, Server.Seed.OffTopicId, TownSquare }, channels.EnumerateArray().Select(c => c.GetProperty("id").GetString()));
        Assert.DoesNotContain(other, channels.ToString());
        (await As("bob").GetAsync($"/users/{Alice}/teams/{Team}/channels")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task The_channel_list_is_for_administrators_and_paged()
    {
        ApiClient admin = As("sysadmin");
        Server.AddChannel("third", "P", Alice);
        Server.AddDirectChannel(Alice, Bob);

        JsonElement list = (await admin.GetAsync("/channels?page=0&per_page=100")).Is(200).Json;

        Assert.Equal(["Off-Topic", "Town Square", "third"], list.EnumerateArray().Select(c => c.GetProperty("display_name").GetString()));
        Assert.Equal("demo", list[0].GetProperty("team_name").GetString());
        Assert.Equal("Demo", list[0].GetProperty("team_display_name").GetString());
        Assert.Equal(1, (await admin.GetAsync("/channels?page=1&per_page=2")).Json.GetArrayLength());
        (await As("alice").GetAsync("/channels")).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Channels_are_created_by_team_members_under_free_valid_names()
    {
        object Draft(string name, string type = "O") => new { team_id = Team, name, display_name = "New", type };
        Server.AddUser("outsider", joinsTeam: false);

        ApiAnswer channel = (await As("alice").PostAsync("/channels", Draft("new"))).Is(201);
        Assert.Equal(Alice, channel["creator_id"]);
        (await As("alice").PostAsync("/channels", Draft("new"))).Refused(400, "store.sql_channel.save_channel.exists.app_error");
        (await As("alice").PostAsync("/channels", Draft("Not Valid"))).Refused(400, "model.channel.is_valid.1_or_more.app_error");
        (await As("alice").PostAsync("/channels", Draft("direct", "D"))).Refused(400, "model.channel.is_valid.type.app_error");
        (await As("outsider").PostAsync("/channels", Draft("newer"))).Refused(403, "api.context.permissions.app_error");
    }

    [Fact]
    public async Task Members_join_public_channels_themselves_and_private_ones_through_members()
    {
        string open = Server.AddChannel("open", "O", Alice);
        string secret = Server.AddChannel("secret", "P", Alice);
        string outsider = Server.AddUser("outsider", joinsTeam: false);

        (await As("bob").PostAsync($"/channels/{open}/members", new { user_id = Bob })).Is(201);
        (await As("bob").PostAsync($"/channels/{secret}/members", new { user_id = Bob })).Refused(403, "api.context.permissions.app_error");
        (await As("alice").PostAsync($"/channels/{secret}/members", new { user_id = Bob })).Is(201);
        (await As("alice").PostAsync($"/channels/{open}/members", new { user_id = outsider })).Refused(404, "app.team.get_member.missing.app_error");
        (await As("carol").PostAsync($"/channels/{open}/members", new { user_id = Server.Seed.DaveId })).Refused(403, "api.context.permissions.app_error");
        (await AsBot().PostAsync($"/channels/{Server.AddDirectChannel(Alice, Bob)}/members", new { user_id = outsider })).Refused(400, "api.channel.add_user_to_channel.type.app_error");
        (await AsBot().PostAsync($"/channels/{open}/members", new { })).Refused(400, "api.context.invalid_body_param.app_error");
    }

    [Fact]
    public async Task Members_leave_and_are_removed_except_from_the_default_channel()
    {
        string open = Server.AddChannel("open", "O", Alice);
        Server.AddMember(open, Bob);

        (await As("carol").DeleteAsync($"/channels/{open}/members/{Bob}")).Refused(403, "api.context.permissions.app_error");
        (await As("bob").DeleteAsync($"/channels/{open}/members/me")).Is(200);
        (await As("bob").DeleteAsync($"/channels/{open}/members/me")).Refused(404, "app.channel.get_member.missing.app_error");
        (await AsBot().DeleteAsync($"/channels/{TownSquare}/members/{Bob}")).Refused(400, "api.channel.remove.default.app_error");
    }

    [Fact]
    public async Task Channels_are_archived_by_members_except_the_default_one_and_direct_ones()
    {
        string open = Server.AddChannel("open", "O", Alice);

        (await As("bob").DeleteAsync($"/channels/{open}")).Refused(403, "api.context.permissions.app_error");
        (await As("alice").DeleteAsync($"/channels/{open}")).Is(200);
        Assert.NotEqual("0", (await AsBot().GetAsync($"/channels/{open}")).Is(200)["delete_at"]);
        (await AsBot().DeleteAsync($"/channels/{TownSquare}")).Refused(400, "api.channel.delete_channel.cannot.app_error");
        (await AsBot().DeleteAsync($"/channels/{Server.AddDirectChannel(Alice, Bob)}")).Refused(400, "api.channel.delete_channel.type.invalid");
        (await As("alice").PostAsync("/posts", new { channel_id = open, message = "x" })).Refused(400, "api.post.create_post.can_not_post_to_deleted.error");
    }

    [Fact]
    public async Task Permissions_follow_changed_roles_at_once()
    {
        Server.SetRolePermissions("channel_user", "read_channel", "read_channel_content");

        (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x" })).Refused(403, "api.context.permissions.app_error");

        Server.SetRolePermissions("channel_user", "read_channel", "read_channel_content", "create_post");
        (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x" })).Is(201);
    }
}
