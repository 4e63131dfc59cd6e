using System.Net;
using System.Text;
using System.Text.Json;
using Calls.Server.Mattermost.Commands;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>What users get to see when they type <c>/call</c> (rest-api.md 6), registered in Mattermost and intercepted on the way.</summary>
public sealed class SlashCommandTests
{
    private static readonly (string Line, string Text)[] Refused =
    [
        ("/call", "Invalid number of arguments provided"),
        ("/call dance", "Invalid subcommand: dance"),
        ("/call recording", "Error: invalid number of arguments provided"),
        ("/call recording pause", "Error: invalid subcommand \"pause\""),
        ("/call stats", "Error: invalid number of arguments provided"),
        ("/call stats !!", "Error: failed to decode payload: illegal base64 data"),
        ("/call stats e30=", "Error: empty stats object"),
        ("/call stats eA==", "Error: invalid stats object"),
        ("/call stats eyJh", "Error: failed to indent JSON: invalid character"),
        ("/call stats eyJhIjp7ImIiOjEuMH0sImMiOiI8In0=", "```json\n{\n \"a\": {\n  \"b\": 1.0\n },\n \"c\": \"<\"\n}\n```"),
        ("/call host", "Error: invalid number of arguments provided"),
        ("/call host @nobody", "Error: could not find user \"nobody\""),
        ("/call host @bob", "Error: no call ongoing"),
    ];

    private static readonly string[] Silent =
    [
        "/call start hello", "/call join", "/call leave", "/call logs", "/call end", "/call recording start", "/call recording stop",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "integration-89")]
    [Trait("Spec", "rest-api-56")]
    public async Task A_link_is_shown_in_channels_and_in_direct_and_group_messages(bool isIntercepted)
    {
        await using CallsSite site = await StartAsync(isIntercepted);
        site.Mattermost.SetConfig("ServiceSettings", "SiteURL", "https://chat.example.org/");
        await site.WithinAsync(5, () => site.Sidecar.Services.GetRequiredService<Calls.Server.Mattermost.Rest.SettingsCache>().Current?.SiteUrl.Length > 0);
        ClientSocket alice = await site.OpenAsync("alice");
        string direct = site.Mattermost.AddDirectChannel(site.IdOf("alice"), site.IdOf("bob"));
        string group = site.Mattermost.AddGroupChannel(site.IdOf("alice"), site.IdOf("bob"), site.IdOf("carol"));

        foreach (string channel in (string[])[site.Channel, direct, group])
        {
            Assert.Equal(HttpStatusCode.OK, (await TypeAsync(site, "alice", "/call link", channel)).Status);
            Assert.Equal($"Call link: https://chat.example.org/demo/channels/{channel}?join_call=true", await ToldAsync(alice));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "rest-api-54")]
    [Trait("Spec", "rest-api-55")]
    public async Task What_cannot_be_done_is_said_to_the_user_alone(bool isIntercepted)
    {
        await using CallsSite site = await StartAsync(isIntercepted);
        ClientSocket alice = await site.OpenAsync("alice");
        ClientSocket bob = await site.OpenAsync("bob");

        foreach ((string line, string text) in Refused)
        {
            (HttpStatusCode status, JsonElement answer) = await TypeAsync(site, "alice", line);

            Assert.True(status == HttpStatusCode.OK, $"{line}: {status} {answer}");
            Assert.Equal(text, await ToldAsync(alice));
        }

        await bob.SyncAsync();
        Assert.Empty(bob.TakeAll("ephemeral_message"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "integration-90")]
    public async Task What_clients_do_themselves_shows_and_does_nothing(bool isIntercepted)
    {
        await using CallsSite site = await StartAsync(isIntercepted);
        ClientSocket alice = await site.JoinAsync("alice");
        int posts = site.Mattermost.PostsIn(site.Channel).Count;

        foreach (string line in Silent)
        {
            (HttpStatusCode status, JsonElement answer) = await TypeAsync(site, "alice", line);
            Assert.Equal((line, HttpStatusCode.OK, ""), (line, status, answer.GetProperty("text").GetString()));
        }

        await alice.SyncAsync();
        Assert.DoesNotContain(alice.Frames, static frame => !frame.IsReply);
        Assert.Equal(posts, site.Mattermost.PostsIn(site.Channel).Count);
    }

    [Fact]
    public async Task The_host_hands_over_by_command()
    {
        await using CallsSite site = await StartAsync(isIntercepted: true);
        ClientSocket alice = await site.JoinAsync("alice");
        await site.JoinAsync("bob");
        alice.TakeAll();

        Assert.Equal(HttpStatusCode.OK, (await TypeAsync(site, "alice", "/CALL  host   @bob ")).Status);

        Assert.Equal(site.IdOf("bob"), (await alice.NextAsync("call_host_changed")).Text("hostID"));
        await TypeAsync(site, "carol", "/call host @carol");
        Assert.Equal(site.IdOf("bob"), (await site.StoredCallAsync())!.Host?.Value);
    }

    [Fact]
    [Trait("Spec", "rest-api-53")]
    public async Task Without_the_licence_for_it_the_host_cannot_be_changed_by_command()
    {
        await using CallsSite site = await CallsSite.StartAsync(
            configure: static options => options with { LicenseGating = true, TakeOver = new HashSet<string> { "commands" } });
        await site.Sidecar.FirstSettings.WaitAsync(Limits.Test);
        ClientSocket alice = await site.OpenAsync("alice");

        await TypeAsync(site, "alice", "/call host @bob");

        Assert.Equal("Invalid subcommand: host", await ToldAsync(alice));
    }

    [Fact]
    [Trait("Spec", "integration-91")]
    public async Task A_new_team_has_the_command_within_five_minutes()
    {
        await using CallsSite site = await StartAsync(isIntercepted: false);
        using HttpResponseMessage created = await site.SendAsync(
            HttpMethod.Post, "/api/v4/teams", site.LogIn("sysadmin"), new { name = "newteam", display_name = "New", type = "O" });
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        await site.PassAsync(297);
        await site.WithinAsync(3, () => Registration(site).Teams == 2);
    }

    [Fact]
    public async Task A_start_finds_the_command_of_the_last_one()
    {
        await using CallsSite site = await StartAsync(isIntercepted: false);
        string[] before = await CommandsAsync(site);

        await site.StopSidecarAsync();
        await site.StartSidecarAsync();
        await site.WithinAsync(10, () => Registration(site).Teams == 1);

        Assert.Equal(before, await CommandsAsync(site));
        ClientSocket alice = await site.OpenAsync("alice");
        await TypeAsync(site, "alice", "/call");
        Assert.Equal("Invalid number of arguments provided", await ToldAsync(alice));
    }

    [Fact]
    [Trait("Spec", "integration-73")]
    public async Task A_callback_with_a_wrong_token_is_refused()
    {
        await using CallsSite site = await StartAsync(isIntercepted: false);
        await site.JoinAsync("alice");
        await site.JoinAsync("bob");
        foreach (string form in (string[])["token=&text=link", "token=aaaaaaaaaaaaaaaaaaaaaaaaaa&text=host%20@bob", "text=host%20@bob"])
        {
            string whole = $"{form}&user_id={site.IdOf("alice")}&channel_id={site.Channel}";
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(site.Url, CommandRegistration.Path))
            {
                Content = new StringContent(whole, Encoding.ASCII, "application/x-www-form-urlencoded"),
            };

            using HttpResponseMessage answer = await site.SendAsync(request);

            Assert.Equal((HttpStatusCode.Unauthorized, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }

        Assert.Equal(site.IdOf("alice"), (await site.StoredCallAsync())!.Host?.Value);
    }

    [Fact]
    public async Task Other_commands_and_strangers_go_to_Mattermost()
    {
        await using CallsSite site = await StartAsync(isIntercepted: true);

        Assert.Equal(HttpStatusCode.NotFound, (await TypeAsync(site, "alice", "/callme link")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await TypeAsync(site, "alice", "/away")).Status);
        site.Mattermost.AddUser("outsider", joinsTeam: false);
        Assert.Equal(HttpStatusCode.Forbidden, (await TypeAsync(site, "outsider", "/call link")).Status);
        using HttpResponseMessage nobody = await site.SendAsync(
            HttpMethod.Post, "/api/v4/commands/execute", "nosuchtokennosuchtokennosu", new { command = "/call link", channel_id = site.Channel });
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    private static async Task<CallsSite> StartAsync(bool isIntercepted)
    {
        CallsSite site = await CallsSite.StartAsync(
            configure: options => options with { TakeOver = isIntercepted ? new HashSet<string> { "commands" } : new HashSet<string>() });
        if (!isIntercepted)
        {
            await site.WithinAsync(10, () => Registration(site).Teams == 1);
        }

        return site;
    }

    private static CommandRegistration Registration(CallsSite site) => site.Sidecar.Services.GetRequiredService<CommandRegistration>();

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> TypeAsync(CallsSite site, string user, string line, string? channel = null)
    {
        using HttpResponseMessage answer = await site.SendAsync(
            HttpMethod.Post,
            "/api/v4/commands/execute",
            site.LogIn(user),
            new { command = line, channel_id = channel ?? site.Channel, team_id = site.Mattermost.Seed.TeamId, root_id = "" });
        string body = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, body.StartsWith('{') ? JsonDocument.Parse(body).RootElement : default);
    }

    private static async Task<string?> ToldAsync(ClientSocket socket)
    {
        WireFrame frame = await socket.NextAsync("ephemeral_message");
        JsonElement post = JsonDocument.Parse(frame.Text("post")).RootElement;
        return post.GetProperty("message").GetString();
    }

    private static async Task<string[]> CommandsAsync(CallsSite site)
    {
        using HttpResponseMessage answer = await site.SendAsync(
            HttpMethod.Get, $"/api/v4/commands?team_id={site.Mattermost.Seed.TeamId}&custom_only=true", site.LogIn("sysadmin"));
        JsonElement commands = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        return [.. commands.EnumerateArray().Select(static command => command.GetProperty("id").GetString()!)];
    }
}
