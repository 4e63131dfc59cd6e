using System.Net.Http.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Tests.Mattermost.Testing;
using Calls.StandIn;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.Mattermost.Relay;

/// <summary>The gateway in front of a Mattermost that keeps all the rules, not only those a test scripts.</summary>
public sealed class StandInRelayTests : IAsyncLifetime
{
    private StandInMattermost _standIn = null!;
    private GatewayUnderTest _gateway = null!;

    public async Task InitializeAsync()
    {
        _standIn = await StandInMattermost.StartAsync(
            new StandInOptions { Timings = new StandInTimings { AuthCheck = TimeSpan.FromMilliseconds(300) } }, CancellationToken.None);
        _gateway = await GatewayUnderTest.StartAsync(options => options with { MattermostUrl = _standIn.Url, BotToken = _standIn.BotToken });
    }

    public async Task DisposeAsync()
    {
        await _standIn.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    [Trait("Spec", "integration-46")]
    public async Task A_Mattermost_that_stops_answering_is_noticed_and_the_client_comes_back()
    {
        // The 100 s of the defaults, a thousand times faster.
        await using GatewayUnderTest hasty = await GatewayUnderTest.StartAsync(options => options with
        {
            MattermostUrl = _standIn.Url,
            BotToken = _standIn.BotToken,
            Timings = options.Timings with { KeepAliveInterval = TimeSpan.FromMilliseconds(30), KeepAliveTimeout = TimeSpan.FromMilliseconds(300) },
        });
        string token = await LogInAsync("alice");
        TestClient client = await hasty.DialAsync(token: token);
        string connection = (await client.ReceiveAsync()).Json.GetProperty("data").GetProperty("connection_id").GetString()!;
        await hasty.Clients.NextAsync($"connected {connection} {_standIn.Seed.AliceId}");

        Assert.True(_standIn.Faults.HalfOpen(connection));
        Assert.Null(await client.TryReceiveAsync());
        Assert.Null(client.CloseCode);
        await hasty.Clients.NextAsync($"disconnected {connection} {_standIn.Seed.AliceId}");

        using TestClient back = await hasty.DialAsync($"connection_id={connection}&sequence_number=1", token);
        TestClient.Frame greeting = await back.ReceiveAsync();
        Assert.Equal(("hello", 0), (greeting.Event, greeting.Seq));
    }

    [Fact]
    [Trait("Spec", "integration-96")]
    public async Task The_page_of_a_call_that_pops_out_comes_from_Mattermost()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Routes["GET /demo/com.mattermost.calls/expanded/abc"] = static context => context.Response.WriteAsync("<html>the web app</html>");
        using var http = new HttpClient();

        string page = await http.GetStringAsync(new Uri(gateway.Url, "/demo/com.mattermost.calls/expanded/abc"));

        Assert.Equal("<html>the web app</html>", page);
        Assert.Equal(0, gateway.Mattermost.Upgrades);
    }

    [Fact]
    public async Task A_client_lives_through_a_cut_and_a_restart()
    {
        string token = await LogInAsync("alice");
        string channel = _standIn.Seed.TownSquareId;
        TestClient client = await _gateway.DialAsync(token: token);
        TestClient.Frame hello = await client.ReceiveAsync();
        string connection = hello.Json.GetProperty("data").GetProperty("connection_id").GetString()!;
        Assert.Equal((0, 26), (hello.Seq, connection.Length));
        await _gateway.Clients.NextAsync($"connected {connection} {_standIn.Seed.AliceId}");
        await client.SendAsync("""{"action":"ping","seq":42}""");
        Assert.Equal("pong", (await client.ReceiveAsync()).Json.GetProperty("data").GetProperty("text").GetString());

        _gateway.Publish("call_start", GatewayUnderTest.ToChannel(channel));
        TestClient.Frame last = await client.ReceiveAsync();
        Assert.Equal((1, "custom_com.mattermost.calls_call_start"), (last.Seq, last.Event));

        client.Cut();
        await _gateway.Clients.NextAsync($"disconnected {connection} {_standIn.Seed.AliceId}");
        await Poll.UntilAsync(() => _standIn.Connections.All(static known => !known.IsActive));
        IChatHost host = _gateway.Services.GetRequiredService<IChatHost>();
        await host.SendEphemeralPostAsync(new UserId(_standIn.Seed.AliceId), new ChannelId(channel), "one", null, CancellationToken.None);
        _gateway.Publish("user_joined", GatewayUnderTest.ToChannel(channel));
        await host.SendEphemeralPostAsync(new UserId(_standIn.Seed.AliceId), new ChannelId(channel), "two", null, CancellationToken.None);

        using TestClient back = await _gateway.DialAsync($"connection_id={connection}&sequence_number=2", token);
        var events = new List<(long, string)>();
        for (int read = 0; read < 3; read++)
        {
            TestClient.Frame frame = await back.ReceiveAsync();
            events.Add((frame.Seq, frame.Event));
        }

        Assert.Equal([(2, "ephemeral_message"), (3, "ephemeral_message"), (4, "custom_com.mattermost.calls_user_joined")], events);

        await _standIn.RestartAsync();
        Assert.Null(await back.TryReceiveAsync());
        using TestClient again = await _gateway.DialAsync($"connection_id={connection}&sequence_number=5", token);
        TestClient.Frame fresh = await again.ReceiveAsync();
        Assert.Equal(("hello", 0), (fresh.Event, fresh.Seq));
        Assert.NotEqual(connection, fresh.Json.GetProperty("data").GetProperty("connection_id").GetString());
    }

    [Fact]
    [Trait("Spec", "integration-5")]
    [Trait("Spec", "integration-6")]
    [Trait("Spec", "integration-71")]
    [Trait("Spec", "signaling-3")]
    [Trait("Spec", "signaling-5")]
    [Trait("Spec", "signaling-11")]
    public async Task Sockets_without_good_credentials_end()
    {
        using TestClient silent = await _gateway.DialAsync("");
        Assert.Empty(await silent.ReceiveAllAsync());

        using TestClient wrong = await _gateway.DialAsync("");
        await wrong.SendAsync("""{"action":"authentication_challenge","seq":1,"data":{"token":"nosuchtokennosuchtokennosu"}}""");
        Assert.Empty(await wrong.ReceiveAllAsync());

        Assert.Equal(0, _gateway.Registry.Count);

        using TestClient good = await _gateway.DialAsync("");
        string token = await LogInAsync("bob");
        await good.SendAsync($$$"""{"action":"authentication_challenge","seq":1,"data":{"token":"{{{token}}}"}}""");
        Assert.Equal("hello", (await good.ReceiveAsync()).Event);
        Assert.Equal(1, (await good.ReceiveAsync()).Json.GetProperty("seq_reply").GetInt64());
        await good.SendAsync($$$"""{"action":"authentication_challenge","seq":2,"data":{"token":"x"}}""");
        await good.SendAsync("""{"action":"ping","seq":3}""");
        Assert.Equal(3, (await good.ReceiveAsync()).Json.GetProperty("seq_reply").GetInt64());
        string cookie = await LogInAsync("carol");
        using TestClient garbled = await _gateway.DialAsync(token: cookie);
        Assert.Equal("hello", (await garbled.ReceiveAsync()).Event);
        await garbled.SendAsync("not json");
        Assert.Empty(await garbled.ReceiveAllAsync());

        Assert.DoesNotContain(_gateway.Log.Lines, line => line.Contains(cookie, StringComparison.Ordinal));
        Assert.DoesNotContain(_gateway.Log.Lines, line => line.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(_gateway.Log.Lines, static line => line.Contains("nosuchtoken", StringComparison.Ordinal));
        Assert.DoesNotContain(_gateway.Log.Lines, line => line.Contains(_standIn.BotToken, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Permission_questions_are_answered_as_mattermost_would()
    {
        IChatHost host = _gateway.Services.GetRequiredService<IChatHost>();
        var channel = new ChannelId(_standIn.Seed.TownSquareId);
        var alice = new UserId(_standIn.Seed.AliceId);

        Assert.True(await host.HasChannelPermissionAsync(alice, channel, ChannelPermission.CreatePost, CancellationToken.None));
        Assert.True(await host.HasChannelPermissionAsync(alice, channel, ChannelPermission.ReadChannel, CancellationToken.None));
        Assert.False(await host.IsSystemAdminAsync(alice, CancellationToken.None));
        Assert.True(await host.IsSystemAdminAsync(new UserId(_standIn.Seed.AdminId), CancellationToken.None));
        Assert.Contains(channel, await host.GetChannelsOfUserAsync(alice, CancellationToken.None));
        Assert.True(await host.GetMemberCountAsync(channel, CancellationToken.None) >= 5);
        Assert.Equal("alice", (await host.GetUserAsync(alice, CancellationToken.None))!.Username);
        await Poll.UntilAsync(() => host.BotUserId.Value == _standIn.Seed.BotId);
    }

    private async Task<string> LogInAsync(string user)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.PostAsJsonAsync(
            new Uri(_gateway.Url, "/api/v4/users/login"), new { login_id = user, password = "Demo-pass-1" });
        return answer.Headers.GetValues("Token").Single();
    }
}
