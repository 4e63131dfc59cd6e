using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests;

/// <summary>11.5: each switch does what a real failure does.</summary>
public sealed class FaultTests : StandInTest
{
    [Fact]
    public async Task A_taken_address_is_an_io_error_at_start()
    {
        var options = new StandInOptions { Listen = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, Server.Url.Port) };

        await Assert.ThrowsAsync<IOException>(() => StandInMattermost.StartAsync(options, CancellationToken.None));
    }

    [Fact]
    public async Task Latency_holds_a_request_for_its_time()
    {
        Server.Faults.Add(new EndpointFault { Method = "GET", PathPrefix = "/api/v4/users/me/status", Latency = TimeSpan.FromSeconds(5) });
        Task<ApiAnswer> slow = As("alice").GetAsync("/users/me/status");
        (await As("alice").GetAsync("/users/me")).Is(200);
        Assert.False(slow.IsCompleted);

        await UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return slow.IsCompleted;
        });
        (await slow).Is(200);
    }

    [Fact]
    public async Task An_error_rate_fails_a_share_of_the_requests_reproducibly()
    {
        Server.Faults.Add(new EndpointFault { PathPrefix = "/api/v4/system/ping", ErrorRate = 0.5, Status = 503 });

        Server.Faults.Seed(11);
        List<int> first = await StatusesAsync();
        Server.Faults.Seed(11);
        List<int> second = await StatusesAsync();

        Assert.Equal(first, second);
        Assert.Contains(200, first);
        Assert.Contains(503, first);
        Server.Faults.Clear();
        Assert.DoesNotContain(503, await StatusesAsync());

        async Task<List<int>> StatusesAsync()
        {
            var statuses = new List<int>();
            for (int i = 0; i < 20; i++)
            {
                statuses.Add((int)(await As("alice").GetAsync("/system/ping")).Status);
            }

            return statuses;
        }
    }

    [Fact]
    public async Task A_failure_can_come_a_number_of_times_without_an_answer_or_after_the_effect()
    {
        Server.Faults.Add(new EndpointFault { Method = "POST", PathPrefix = "/api/v4/posts", ErrorRate = 1, Status = 504, AfterHandling = true, Times = 1 });
        var draft = new { channel_id = TownSquare, message = "x", pending_post_id = "p" };

        (await As("alice").PostAsync("/posts", draft)).Is(504);
        (await As("alice").PostAsync("/posts", draft)).Is(201);
        Assert.Single(Server.PostsIn(TownSquare));

        Server.Faults.Add(new EndpointFault { ErrorRate = 1, Status = 0, Times = 1 });
        await Assert.ThrowsAsync<HttpRequestException>(() => As("alice").GetAsync("/system/ping"));
        (await As("alice").GetAsync("/system/ping")).Is(200);
    }

    [Fact]
    public async Task A_silently_dropped_socket_shows_no_end_and_its_connection_can_be_resumed()
    {
        string token = Server.LogIn("alice");
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, token);
        await socket.ReadAsync();
        string id = Server.Connections.Single().Id;

        Assert.True(Server.Faults.DropSilently(id));
        await InactiveAsync(id);
        Server.Publish("probe", [], userId: Alice);
        SocketClient resumed = await OpenAsync(token, $"?connection_id={id}&sequence_number=1");

        Assert.Equal("probe", (await resumed.ReadAsync()).GetProperty("event").GetString());
        Assert.True(socket.IsSilent);
    }

    [Fact]
    public async Task A_half_open_socket_swallows_events_until_its_pong_is_overdue()
    {
        string token = Server.LogIn("alice");
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, token);
        await socket.ReadAsync();
        string id = Server.Connections.Single().Id;
        Server.Faults.HalfOpen(id);

        Server.Publish("probe", [], userId: Alice);
        Time.Advance(TimeSpan.FromSeconds(50));
        await socket.SendAsync(0x8A, []);
        await socket.SendTextAsync("""{"action":"custom_x","seq":1}""");
        Assert.Equal("hello", await FirstEventAsync(await OpenAsync(token, $"?connection_id={id}&sequence_number=1")));
        Time.Advance(TimeSpan.FromSeconds(50));
        await InactiveAsync(id);
        Assert.Empty(Server.CustomActions);

        // Written into the void, so it is in the ring and not in the queue.
        SocketClient resumed = await OpenAsync(token, $"?connection_id={id}&sequence_number=1");
        Assert.Equal("probe", await FirstEventAsync(resumed));
        Assert.True(socket.IsSilent);
    }

    [Fact]
    public async Task Pings_can_stay_unanswered()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();
        Server.Faults.AnswersPings = false;

        await socket.SendAsync(0x89, [1]);
        await socket.SendTextAsync("""{"action":"ping","seq":1}""");
        await socket.SendTextAsync("""{"action":"presence","seq":2}""");

        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;
        Assert.Equal(1, opcode);
        Assert.Equal(2, JsonDocument.Parse(payload).RootElement.GetProperty("seq_reply").GetInt32());
    }

    [Fact]
    public async Task A_cut_socket_ends_without_close_frame()
    {
        SocketClient socket = await SocketAsync("alice");
        Server.Faults.Cut(socket.ConnectionId);

        Assert.Null(await socket.ReadTextAsync());
        Assert.Null(socket.CloseStatus);
        await InactiveAsync(socket.ConnectionId);
        Assert.False(Server.Faults.Cut("unknown"));
    }

    [Fact]
    public async Task A_number_can_be_skipped_or_repeated()
    {
        SocketClient socket = await SocketAsync("alice");
        Server.Faults.SkipSeq(socket.ConnectionId);
        Probe();
        Assert.Equal(2, (await socket.ReadAsync()).GetProperty("seq").GetInt64());
        await socket.DrainAsync();
        Server.Faults.DuplicateSeq(socket.ConnectionId);
        Probe();
        Probe();

        Assert.Equal([3, 3, 4], (await socket.DrainAsync()).Select(f => f.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task A_second_node_without_shared_connections_gives_a_fresh_id()
    {
        string token = Server.LogIn("alice");
        SocketClient first = await GreetedAsync(token);
        first.Abort();
        await InactiveAsync(first.ConnectionId);
        Server.Faults.IsSeparateNode = true;

        JsonElement hello = await (await OpenAsync(token, $"?connection_id={first.ConnectionId}&sequence_number=1")).ReadAsync();

        Assert.NotEqual(first.ConnectionId, hello.GetProperty("data").GetProperty("connection_id").GetString());
        Assert.Contains(Server.Connections, c => c.Id == first.ConnectionId && !c.IsActive);
    }

    [Fact]
    public async Task A_session_can_be_revoked_at_a_given_event()
    {
        string token = Server.LogIn("alice");
        SocketClient socket = await GreetedAsync(token);
        Server.Faults.RevokeAtEvent("posted", token);
        Server.Publish("probe", [], userId: Alice);
        await As("bob").PostAsync("/posts", new { channel_id = TownSquare, message = "x" });
        await socket.SendAsync("presence", 1);

        Assert.Equal("probe", await FirstEventAsync(socket));
        Assert.True((await socket.ReadAsync()).TryGetProperty("seq_reply", out _));
        (await WithToken(token).GetAsync("/users/me/status")).Is(401);
    }

    [Fact]
    public async Task Settings_can_be_masked_and_the_manifest_replaced_by_one_with_a_server_part()
    {
        Server.InstallPlugin("""{"id":"com.mattermost.calls","version":"1.12.0","webapp":{"bundle_path":"webapp/dist/main.js"}}""");
        Server.SetPluginSetting("TURNStaticAuthSecret", "secret");
        Server.Faults.MaskedSettings.Add("TURNStaticAuthSecret");
        SocketClient bot = await GreetedAsync(Server.BotToken);

        JsonElement settings = (await AsBot().GetAsync("/config")).Json.GetProperty("PluginSettings").GetProperty("Plugins").GetProperty("com.mattermost.calls");
        Assert.Equal(new string('*', 32), settings.GetProperty("turnstaticauthsecret").GetString());

        Server.ReplaceManifestWithServer("1.13.0");
        Assert.True((await AsBot().GetAsync("/plugins")).Json.GetProperty("active")[0].TryGetProperty("server", out _));
        Assert.Equal(["plugin_disabled", "plugin_enabled"], await bot.DrainNamesAsync());
    }

    private void Probe() => Server.Publish("probe", new JsonObject(), userId: Alice);

    private static async Task<string?> FirstEventAsync(SocketClient socket) => (await socket.ReadAsync()).GetProperty("event").GetString();
}
