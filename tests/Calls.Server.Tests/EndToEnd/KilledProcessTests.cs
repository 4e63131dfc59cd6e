using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Calls.Server.Tests.Commands;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.StandIn;

namespace Calls.Server.Tests.EndToEnd;

/// <summary><c>calls serve</c> as a process that is killed at the worst moments and started again on its database.</summary>
public sealed partial class KilledProcessTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("calls-killed-").FullName;
    private readonly List<ClientSocket> _sockets = [];
    private StandInMattermost _mattermost = null!;
    private CallsProcess _service = null!;
    private Uri _url = null!;

    private string Channel => _mattermost.Seed.OffTopicId;

    private CallRows Rows => CallRows.Read(Path.Combine(_folder, "calls.db"));

    public async Task InitializeAsync()
    {
        _mattermost = await StandInMattermost.StartAsync(new(), CancellationToken.None);
        await ServeAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (ClientSocket socket in _sockets)
        {
            await socket.DisposeAsync();
        }

        await _service.DisposeAsync();
        await _mattermost.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Killed_in_a_call_it_keeps_the_call_for_those_who_come_back()
    {
        (ClientSocket alice, WireFrame start) = await StartCallAsync();

        await _service.KillAsync();
        await alice.EndedAsync();
        Assert.Equal([alice.Id], Rows.Sessions);
        await ServeAsync();
        ClientSocket back = await OpenAsync("alice");
        await back.SendAsync("join", new { channelID = Channel });
        JsonElement state = (await back.NextAsync("call_state")).State();

        Assert.Equal(start.Text("id"), state.GetProperty("id").GetString());
        Assert.Equal([back.Id], Rows.Sessions);
        Assert.Equal([back.Id], Rows.Bindings);
        Assert.Equal(alice.Id, (await back.NextAsync("user_left")).Text("session_id"));
        Assert.DoesNotContain("call_start", back.Names);
        Assert.False(Props(start.Text("post_id")).TryGetProperty("end_at", out _));
    }

    [Fact]
    public async Task Killed_before_the_first_join_is_answered_it_leaves_nothing()
    {
        _mattermost.Faults.Add(new EndpointFault { Method = "POST", PathPrefix = "/api/v4/posts", Latency = TimeSpan.FromHours(1) });
        ClientSocket alice = await OpenAsync("alice");
        await alice.SendAsync("join", new { channelID = Channel });
        await Poll.UntilAsync(() => Rows.Sessions.Count == 1);
        await _service.KillAsync();
        _mattermost.Faults.Clear();

        await ServeAsync();

        Rows.CheckNothingIsLeft();
        Assert.DoesNotContain("join", alice.Names);
        (ClientSocket again, _) = await StartCallAsync();
        Assert.Equal([again.Id], Rows.Sessions);
    }

    [Theory]
    [InlineData("the message is sent")]
    [InlineData("the session is gone")]
    [InlineData("the post is closed")]
    public async Task Killed_while_the_last_participant_leaves_it_ends_the_call_all_the_same(string moment)
    {
        (ClientSocket alice, WireFrame start) = await StartCallAsync();
        await alice.SendAsync("leave");
        await Poll.UntilAsync(() => moment switch
        {
            "the message is sent" => true,
            "the session is gone" => Rows.Sessions.Count == 0,
            _ => Props(start.Text("post_id")).TryGetProperty("end_at", out _),
        });

        await _service.KillAsync();
        await ServeAsync(endCallsOnStart: true);

        Rows.CheckNothingIsLeft();
        Assert.Equal([start.Text("id")], Rows.Ended);
        await Poll.UntilAsync(() => Props(start.Text("post_id")).TryGetProperty("end_at", out _));
        Assert.Equal("Call ended", _mattermost.GetPost(start.Text("post_id"))!.Value.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Asked_to_stop_it_says_farewell_and_ends_with_0()
    {
        ClientSocket alice = await OpenAsync("alice");

        Assert.Equal(0, await _service.TerminateAsync());

        await alice.EndedAsync();
        Assert.Equal(1001, alice.CloseCode);
    }

    private async Task<(ClientSocket Socket, WireFrame Start)> StartCallAsync()
    {
        ClientSocket socket = await OpenAsync("alice");
        await socket.SendAsync("join", new { channelID = Channel });
        WireFrame start = await socket.NextAsync("call_start");
        await socket.NextAsync("call_state");
        return (socket, start);
    }

    private async Task<ClientSocket> OpenAsync(string user)
    {
        ClientSocket socket = await ClientSocket.OpenGreetedAsync(_url, _mattermost.LogIn(user));
        _sockets.Add(socket);
        return socket;
    }

    private async Task ServeAsync(bool endCallsOnStart = false)
    {
        _service = CallsProcess.Start(
            _folder,
            new Dictionary<string, string>
            {
                ["MM_CALLS_HTTP_LISTEN"] = "127.0.0.1:0",
                ["MM_CALLS_ADMIN_LISTEN"] = "127.0.0.1:0",
                ["MM_CALLS_MATTERMOST_URL"] = _mattermost.Url.ToString(),
                ["MM_CALLS_BOT_TOKEN"] = _mattermost.BotToken,
                ["MM_CALLS_DATABASE_URL"] = "sqlite:calls.db",
                ["MM_CALLS_UDP_SERVER_ADDRESS"] = "127.0.0.1",
                ["MM_CALLS_UDP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
                ["MM_CALLS_TCP_SERVER_PORT"] = CallsProcess.FreeMediaPort().ToString(CultureInfo.InvariantCulture),
                ["MM_CALLS_DEFAULT_ENABLED"] = "true",
                ["MM_CALLS_END_CALLS_ON_START"] = endCallsOnStart ? "true" : "false",
            },
            "serve");
        _url = new Uri(GatewayAddress().Match(await _service.ErrorLineAsync("Gateway on")).Value);
    }

    private JsonElement Props(string post) => _mattermost.GetPost(post)!.Value.GetProperty("props");

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex GatewayAddress();
}
