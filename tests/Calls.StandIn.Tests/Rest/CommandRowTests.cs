using System.Text.Json;
using Calls.StandIn.Tests.Kit;
using Microsoft.AspNetCore.WebUtilities;

namespace Calls.StandIn.Tests.Rest;

/// <summary>7.5 rows 36 to 38 and the callback.</summary>
public sealed class CommandRowTests : StandInTest
{
    private string Team => Server.Seed.TeamId;

    [Fact]
    public async Task Rows_36_to_38_a_command_is_registered_once_per_team_found_changed_and_removed()
    {
        ApiClient bot = AsBot();
        ApiAnswer command = (await bot.PostAsync("/commands", Draft("http://127.0.0.1:1/x"))).Is(201);
        Assert.Equal(26, command["token"].Length);
        Assert.Equal(Server.Seed.BotId, command["creator_id"]);
        (await bot.PostAsync("/commands", Draft("http://127.0.0.1:1/x"))).Refused(400, "api.command.duplicate_trigger.app_error");

        JsonElement found = (await bot.GetAsync($"/commands?team_id={Team}&custom_only=true")).Is(200).Json.EnumerateArray().Single();
        Assert.Equal(("call", command["id"]), (found.GetProperty("trigger").GetString(), found.GetProperty("id").GetString()));
        (await As("alice").GetAsync($"/commands?team_id={Team}&custom_only=true")).Refused(403, "api.context.permissions.app_error");

        ApiAnswer changed = (await bot.PutAsync($"/commands/{command["id"]}", new { id = command["id"], team_id = Team, trigger = "call", method = "P", url = "http://127.0.0.1:2/y" })).Is(200);
        Assert.Equal(("http://127.0.0.1:2/y", command["token"]), (changed["url"], changed["token"]));
        (await bot.DeleteAsync($"/commands/{command["id"]}")).Is(200);
        Assert.Equal(0, (await bot.GetAsync($"/commands?team_id={Team}&custom_only=true")).Json.GetArrayLength());
        (await bot.DeleteAsync($"/commands/{command["id"]}")).Refused(404, "store.sql_command.get.missing.app_error");
    }

    [Fact]
    public async Task Row_37_refusals()
    {
        (await As("alice").PostAsync("/commands", Draft("http://127.0.0.1:1/x"))).Refused(403, "api.context.permissions.app_error");
        (await AsBot().PostAsync("/commands", Draft("nothing"))).Refused(400, "model.command.is_valid.url.app_error");
        (await AsBot().PostAsync("/commands", new { team_id = Team, trigger = "call", method = "P", url = "http://x", display_name = new string('x', 65) })).Refused(400, "model.command.is_valid.display_name.app_error");
        (await AsBot().PostAsync("/commands", new { team_id = Team, trigger = "call", method = "P", url = "http://x", description = new string('x', 129) })).Refused(400, "model.command.is_valid.description.app_error");
        Server.SetConfig("ServiceSettings", "EnableCommands", false);
        (await AsBot().PostAsync("/commands", Draft("http://127.0.0.1:1/x"))).Refused(501, "api.command.disabled.app_error");
    }

    [Fact]
    public async Task The_callback_carries_who_where_and_what_and_its_ephemeral_answer_becomes_a_post()
    {
        await using Listener backend = await Listener.StartAsync();
        backend.Answer = """{"response_type":"ephemeral","text":"the link"}""";
        string token = (await AsBot().PostAsync("/commands", Draft(new Uri(backend.Url, "/calls-internal/command").ToString()))).Is(201)["token"];
        SocketClient alice = await SocketAsync("alice");

        (await As("alice").PostAsync("/commands/execute", new { command = "/call link  now", channel_id = TownSquare, team_id = Team, root_id = "" })).Is(200);

        Listener.Received call = await backend.NextAsync();
        Assert.Equal($"Token {token}", call.Headers["authorization"]);
        Dictionary<string, Microsoft.Extensions.Primitives.StringValues> form = QueryHelpers.ParseQuery(call.Body);
        Assert.Equal(token, form["token"]);
        Assert.Equal(Team, form["team_id"]);
        Assert.Equal("demo", form["team_domain"]);
        Assert.Equal(TownSquare, form["channel_id"]);
        Assert.Equal("town-square", form["channel_name"]);
        Assert.Equal(Alice, form["user_id"]);
        Assert.Equal("alice", form["user_name"]);
        Assert.Equal("/call", form["command"]);
        Assert.Equal("link  now", form["text"]);
        Assert.Equal(26, form["trigger_id"].ToString().Length);
        JsonElement ephemeral = Assert.Single(await alice.DrainAsync());
        Assert.Contains("the link", ephemeral.GetProperty("data").GetProperty("post").GetString());
    }

    [Fact]
    public async Task An_ephemeral_answer_without_text_creates_no_post_and_failures_are_500()
    {
        await using Listener backend = await Listener.StartAsync();
        backend.Answer = """{"response_type":"ephemeral","text":""}""";
        await AsBot().PostAsync("/commands", Draft(backend.Url.ToString()));
        SocketClient alice = await SocketAsync("alice");
        var line = new { command = "/call recording start", channel_id = TownSquare, team_id = Team };

        (await As("alice").PostAsync("/commands/execute", line)).Is(200);
        Assert.Empty(await alice.DrainAsync());
        backend.Status = 503;
        (await As("alice").PostAsync("/commands/execute", line)).Refused(500, "api.command.execute_command.failed.app_error");
        (await As("alice").PostAsync("/commands/execute", new { command = "/nonsense", channel_id = TownSquare })).Refused(404, "api.command.execute_command.not_found.app_error");
        (await As("alice").PostAsync("/commands/execute", new { command = "text", channel_id = TownSquare })).Refused(400, "api.command.execute_command.start.app_error");
    }

    [Fact]
    public async Task In_a_direct_channel_the_team_is_the_clients()
    {
        await using Listener backend = await Listener.StartAsync();
        await AsBot().PostAsync("/commands", Draft(backend.Url.ToString()));

        (await As("alice").PostAsync("/commands/execute", new { command = "/call link", channel_id = Server.AddDirectChannel(Alice, Bob), team_id = Team })).Is(200);

        Assert.Equal(Team, QueryHelpers.ParseQuery((await backend.NextAsync()).Body)["team_id"]);
    }

    private object Draft(string url) => new { team_id = Team, trigger = "call", method = "P", url, auto_complete = true, auto_complete_hint = "[command]", auto_complete_desc = "Calls", display_name = "Calls", description = "Calls" };
}
