using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>11.4: which event each action emits, to whom, with which data.</summary>
public sealed class AddressingTests : StandInTest
{
    private string Team => Server.Seed.TeamId;

    [Fact]
    public async Task Post_created_is_posted_to_the_channel_with_the_post_as_a_json_string()
    {
        SocketClient bob = await SocketAsync("bob");
        ApiAnswer post = (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "Hi @bob", type = "custom_calls", props = new { from_plugin = "true" } })).Is(201);

        JsonElement posted = Assert.Single(await bob.DrainAsync());

        AssertEvent(posted, "posted", channel: TownSquare);
        JsonElement data = posted.GetProperty("data");
        JsonElement inner = JsonDocument.Parse(data.GetProperty("post").GetString()!).RootElement;
        Assert.Equal(post["id"], inner.GetProperty("id").GetString());
        Assert.Equal("custom_calls", inner.GetProperty("type").GetString());
        Assert.Equal("true", inner.GetProperty("props").GetProperty("from_plugin").GetString());
        Assert.Equal("town-square", data.GetProperty("channel_name").GetString());
        Assert.Equal("O", data.GetProperty("channel_type").GetString());
        Assert.Equal("@alice", data.GetProperty("sender_name").GetString());
        Assert.Equal(Team, data.GetProperty("team_id").GetString());
        Assert.Equal($"[\"{Bob}\"]", data.GetProperty("mentions").GetString());
    }

    [Fact]
    public async Task Post_patched_is_post_edited_to_the_channel()
    {
        SocketClient bob = await SocketAsync("bob");
        string id = (await As("alice").PostAsync("/posts", new { channel_id = TownSquare, message = "x" }))["id"];
        await bob.DrainAsync();

        (await AsBot().PutAsync($"/posts/{id}/patch", new { props = new { end_at = 5 } })).Is(200);

        JsonElement edited = Assert.Single(await bob.DrainAsync());
        AssertEvent(edited, "post_edited", channel: TownSquare);
        Assert.Equal(5, JsonDocument.Parse(edited.GetProperty("data").GetProperty("post").GetString()!).RootElement.GetProperty("props").GetProperty("end_at").GetInt32());
    }

    [Fact]
    public async Task Ephemeral_reaches_the_user_only()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        (await AsBot().PostAsync("/posts/ephemeral", new { user_id = Bob, post = new { channel_id = TownSquare, message = "psst" } })).Is(201);

        JsonElement ephemeral = Assert.Single(await bob.DrainAsync());
        AssertEvent(ephemeral, "ephemeral_message", user: Bob, channel: TownSquare);
        Assert.Contains("psst", ephemeral.GetProperty("data").GetProperty("post").GetString());
        Assert.Empty(await alice.DrainAsync());
    }

    [Fact]
    public async Task Member_added_is_told_to_the_channel_without_him_and_to_him()
    {
        string channel = Server.AddChannel("talk", "O", Alice);
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        (await As("alice").PostAsync($"/channels/{channel}/members", new { user_id = Bob })).Is(201);

        JsonElement toChannel = Assert.Single(await alice.DrainAsync());
        AssertEvent(toChannel, "user_added", channel: channel, omit: Bob);
        JsonElement toUser = Assert.Single(await bob.DrainAsync());
        AssertEvent(toUser, "user_added", user: Bob, channel: channel);
        foreach (JsonElement copy in new[] { toChannel, toUser })
        {
            AssertData(copy, ("user_id", Bob), ("team_id", Team));
        }

        (await As("alice").PostAsync($"/channels/{channel}/members", new { user_id = Bob })).Is(201);
        Assert.Empty(await alice.DrainAsync());
    }

    [Fact]
    public async Task Joining_default_channels_sends_one_channel_copy_only()
    {
        string eve = Server.AddUser("eve", joinsTeam: false);
        SocketClient socket = await SocketAsync("eve");
        SocketClient alice = await SocketAsync("alice");

        (await As("sysadmin").PostAsync($"/teams/{Team}/members", new { team_id = Team, user_id = eve })).Is(201);

        List<JsonElement> toMember = await alice.DrainAsync();
        Assert.Equal([TownSquare, Server.Seed.OffTopicId], toMember.Select(e => e.GetProperty("broadcast").GetProperty("channel_id").GetString()));
        Assert.All(toMember, e => AssertEvent(e, "user_added", channel: e.GetProperty("broadcast").GetProperty("channel_id").GetString()!));
        List<JsonElement> toEve = await socket.DrainAsync();
        Assert.Equal(["user_added", "user_added", "added_to_team"], toEve.Select(e => e.GetProperty("event").GetString()));
        AssertEvent(toEve[2], "added_to_team", user: eve);
    }

    [Fact]
    public async Task Member_removed_is_told_to_the_rest_of_the_channel_and_to_him_without_channel_id()
    {
        string channel = Server.AddChannel("talk", "P", Alice);
        Server.AddMember(channel, Bob);
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        (await As("alice").DeleteAsync($"/channels/{channel}/members/{Bob}")).Is(200);

        JsonElement toChannel = Assert.Single(await alice.DrainAsync());
        AssertEvent(toChannel, "user_removed", channel: channel);
        AssertData(toChannel, ("user_id", Bob), ("remover_id", Alice));
        JsonElement toUser = Assert.Single(await bob.DrainAsync());
        AssertEvent(toUser, "user_removed", user: Bob);
        AssertData(toUser, ("channel_id", channel), ("remover_id", Alice));
    }

    [Fact]
    public async Task Team_left_is_leave_team_and_no_user_removed()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        (await As("sysadmin").DeleteAsync($"/teams/{Team}/members/{Bob}")).Is(200);

        JsonElement toTeam = Assert.Single(await alice.DrainAsync());
        AssertEvent(toTeam, "leave_team", team: Team, omit: Bob);
        AssertData(toTeam, ("user_id", Bob), ("team_id", Team));
        JsonElement toUser = Assert.Single(await bob.DrainAsync());
        AssertEvent(toUser, "leave_team", user: Bob);
        (await AsBot().GetAsync($"/channels/{TownSquare}/members/{Bob}")).Is(404);
    }

    [Fact]
    public async Task Archiving_a_public_channel_is_told_to_the_team()
    {
        string channel = Server.AddChannel("talk", "O", Alice);
        SocketClient bob = await SocketAsync("bob");

        (await As("alice").DeleteAsync($"/channels/{channel}")).Is(200);
        (await As("sysadmin").PostAsync($"/channels/{channel}/restore")).Is(200);

        List<JsonElement> events = await bob.DrainAsync();
        AssertEvent(events[0], "channel_deleted", team: Team);
        Assert.Equal(channel, events[0].GetProperty("data").GetProperty("channel_id").GetString());
        Assert.True(events[0].GetProperty("data").GetProperty("delete_at").GetInt64() > 0);
        AssertEvent(events[1], "channel_restored", team: Team);
    }

    [Fact]
    public async Task Archiving_a_private_channel_is_told_to_its_members()
    {
        string channel = Server.AddChannel("talk", "P", Alice);
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        Server.ArchiveChannel(channel);
        Server.RestoreChannel(channel);

        List<JsonElement> events = await alice.DrainAsync();
        AssertEvent(events[0], "channel_deleted", channel: channel);
        AssertEvent(events[1], "channel_restored", channel: channel);
        Assert.Empty(await bob.DrainAsync());
    }

    [Fact]
    public async Task Channel_created_goes_to_its_creator_and_channel_converted_to_the_team()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        string channel = (await As("alice").PostAsync("/channels", new { team_id = Team, name = "talk", display_name = "Talk", type = "O" })).Is(201)["id"];
        (await As("sysadmin").PutAsync($"/channels/{channel}/privacy", new { privacy = "P" })).Is(200);

        List<JsonElement> toAlice = await alice.DrainAsync();
        AssertEvent(toAlice[0], "channel_created", user: Alice);
        AssertData(toAlice[0], ("channel_id", channel), ("team_id", Team));
        AssertEvent(toAlice[1], "channel_converted", team: Team);
        Assert.Equal(["channel_converted"], (await bob.DrainAsync()).Select(e => e.GetProperty("event").GetString()));
    }

    [Fact]
    public async Task A_direct_channel_is_told_to_the_channel_once()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");
        SocketClient carol = await SocketAsync("carol");

        string channel = (await As("alice").PostAsync("/channels/direct", new[] { Alice, Bob })).Is(201)["id"];
        Assert.Equal(channel, (await As("bob").PostAsync("/channels/direct", new[] { Bob, Alice })).Is(201)["id"]);

        foreach (SocketClient socket in new[] { alice, bob })
        {
            JsonElement added = Assert.Single(await socket.DrainAsync());
            AssertEvent(added, "direct_added", channel: channel);
            AssertData(added, ("creator_id", Alice), ("teammate_id", Bob));
        }

        Assert.Empty(await carol.DrainAsync());
    }

    [Fact]
    public async Task A_group_channel_is_told_to_each_member_with_channel_and_user()
    {
        SocketClient bob = await SocketAsync("bob");

        string channel = (await As("alice").PostAsync("/channels/group", new[] { Bob, Server.Seed.CarolId })).Is(201)["id"];

        JsonElement added = Assert.Single(await bob.DrainAsync());
        AssertEvent(added, "group_added", user: Bob, channel: channel);
        string[] ids = JsonSerializer.Deserialize<string[]>(added.GetProperty("data").GetProperty("teammate_ids").GetString()!)!;
        Assert.Equal(new[] { Alice, Bob, Server.Seed.CarolId }.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task A_deactivated_user_loses_his_sessions_before_three_copies_go_out()
    {
        SocketClient admin = await SocketAsync("sysadmin");
        SocketClient alice = await SocketAsync("alice");
        ApiClient bobRest = As("bob");
        SocketClient bob = await GreetedAsync(bobRest.Token!);

        (await As("sysadmin").DeleteAsync($"/users/{Bob}")).Is(200);

        (await bobRest.GetAsync("/users/me/status")).Is(401);
        JsonElement toAdmin = Assert.Single(await admin.DrainAsync());
        AssertEvent(toAdmin, "user_updated", omit: Bob);
        Assert.True(toAdmin.GetProperty("broadcast").GetProperty("contains_sensitive_data").GetBoolean());
        JsonElement toAlice = Assert.Single(await alice.DrainAsync());
        Assert.True(toAlice.GetProperty("broadcast").GetProperty("contains_sanitized_data").GetBoolean());
        Assert.True(toAlice.GetProperty("data").GetProperty("user").GetProperty("delete_at").GetInt64() > 0);

        // His own copy finds no valid session any more.
        await bob.SendAsync("presence", 1);
        Assert.True((await bob.ReadAsync()).TryGetProperty("seq_reply", out _));
    }

    [Fact]
    public async Task A_profile_change_reaches_the_user_himself_as_well()
    {
        SocketClient bob = await SocketAsync("bob");

        (await As("bob").PutAsync("/users/me/patch", new { nickname = "Bobby" })).Is(200);

        JsonElement own = Assert.Single(await bob.DrainAsync());
        AssertEvent(own, "user_updated", user: Bob);
        Assert.Equal("Bobby", own.GetProperty("data").GetProperty("user").GetProperty("nickname").GetString());
    }

    [Fact]
    public async Task Logout_and_revocation_say_nothing()
    {
        SocketClient admin = await SocketAsync("sysadmin");
        SocketClient alice = await SocketAsync("alice");

        (await As("alice").PostAsync("/users/logout")).Is(200);
        Server.RevokeSession(Server.LogIn("bob"));

        Assert.Empty(await admin.DrainAsync());
        Assert.Empty(await alice.DrainAsync());
    }

    [Fact]
    public async Task Config_and_licence_changes_go_to_everyone()
    {
        SocketClient alice = await SocketAsync("alice");

        (await As("sysadmin").PutAsync("/config/patch", new { ServiceSettings = new { AllowCorsFrom = "*" } })).Is(200);
        Server.SetLicense("enterprise");

        List<JsonElement> events = await alice.DrainAsync();
        AssertEvent(events[0], "config_changed");
        Assert.Equal("11.6.0", events[0].GetProperty("data").GetProperty("config").GetProperty("Version").GetString());
        AssertEvent(events[1], "license_changed");
        Assert.Equal("enterprise", events[1].GetProperty("data").GetProperty("license").GetProperty("SkuShortName").GetString());
    }

    [Fact]
    public async Task Plugins_with_a_webapp_part_are_announced_to_everyone()
    {
        SocketClient alice = await SocketAsync("alice");

        Server.InstallPlugin("""{"id":"com.mattermost.calls","version":"1.12.0","webapp":{"bundle_path":"webapp/dist/main.js"},"settings_schema":{}}""");
        Server.SetConfig("PluginSettings", "Plugins", new System.Text.Json.Nodes.JsonObject());
        await As("sysadmin").PostAsync("/plugins/com.mattermost.calls/disable");
        Server.InstallPlugin("""{"id":"com.example.server-only","version":"1.0.0","server":{}}""");

        List<JsonElement> events = [.. (await alice.DrainAsync()).Where(e => e.GetProperty("event").GetString() != "config_changed")];
        Assert.Equal(2, events.Count);
        AssertEvent(events[0], "plugin_enabled");
        JsonElement manifest = events[0].GetProperty("data").GetProperty("manifest");
        Assert.Equal("1.12.0", manifest.GetProperty("version").GetString());
        Assert.False(manifest.TryGetProperty("settings_schema", out _));
        AssertEvent(events[1], "plugin_disabled");
    }

    [Fact]
    public async Task Role_changes_are_told_to_everyone_or_to_the_user_concerned()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        Server.SetRolePermissions("channel_user", "read_channel");
        (await As("sysadmin").PutAsync($"/users/{Bob}/roles", new { roles = "system_user system_admin" })).Is(200);
        Server.SetChannelAdmin(TownSquare, Bob, isAdmin: true);

        JsonElement role = Assert.Single(await alice.DrainAsync());
        AssertEvent(role, "role_updated");
        Assert.Equal("channel_user", JsonDocument.Parse(role.GetProperty("data").GetProperty("role").GetString()!).RootElement.GetProperty("name").GetString());
        List<JsonElement> toBob = await bob.DrainAsync();
        AssertEvent(toBob[1], "user_role_updated", user: Bob);
        AssertData(toBob[1], ("user_id", Bob), ("roles", "system_user system_admin"));
        AssertEvent(toBob[2], "channel_member_updated", user: Bob);
        JsonElement member = JsonDocument.Parse(toBob[2].GetProperty("data").GetProperty("channelMember").GetString()!).RootElement;
        Assert.Equal("channel_user channel_admin", member.GetProperty("roles").GetString());
    }

    private static void AssertEvent(JsonElement frame, string name, string user = "", string channel = "", string team = "", string? omit = null)
    {
        Assert.Equal(name, frame.GetProperty("event").GetString());
        JsonElement broadcast = frame.GetProperty("broadcast");
        Assert.Equal(user, broadcast.GetProperty("user_id").GetString());
        Assert.Equal(channel, broadcast.GetProperty("channel_id").GetString());
        Assert.Equal(team, broadcast.GetProperty("team_id").GetString());
        Assert.Equal("", broadcast.GetProperty("connection_id").GetString());
        Assert.Equal("", broadcast.GetProperty("omit_connection_id").GetString());
        JsonElement omitted = broadcast.GetProperty("omit_users");
        if (omit is null)
        {
            Assert.Equal(JsonValueKind.Null, omitted.ValueKind);
        }
        else
        {
            Assert.Equal([omit], omitted.EnumerateObject().Select(p => p.Name));
        }
    }

    private static void AssertData(JsonElement frame, params (string Key, string Value)[] expected) =>
        Assert.Equal(
            expected.OrderBy(e => e.Key, StringComparer.Ordinal),
            frame.GetProperty("data").EnumerateObject().Select(p => (p.Name, p.Value.ToString())).OrderBy(e => e.Name, StringComparer.Ordinal));
}
