using Calls.Server.Api;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Calls.Server.Tests.Mattermost.Identity;

public sealed class GateTests
{
    private const string Join = """{"action":"custom_com.mattermost.calls_join","seq":1}""";

    [Fact]
    [Trait("Spec", "integration-63")]
    public async Task Who_owes_a_second_factor_is_greeted_but_has_no_calls()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = static context =>
            ScriptedMattermost.JsonAsync(context, 403, new { id = "api.context.mfa_required.app_error" });
        using TestClient client = await gateway.DialAsync(token: "a");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await client.SendAsync(Join);
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));
        Assert.Equal("hello", (await client.ReceiveAsync()).Event);
        await Poll.UntilAsync(() => gateway.Mattermost.Requests.Contains("GET /api/v4/users/me/status"));
        gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
        await client.SendAsync(Join);
        await client.SendAsync("""{"action":"ping","seq":2}""");
        await upstream.ReceiveAsync();
        await upstream.SendAsync(ScriptedSocket.Event("posted", 1));

        Assert.Equal("posted", (await client.ReceiveAsync()).Event);
        Assert.Empty(gateway.Clients.Messages);
        Assert.True(gateway.Clients.HasNone);
        var request = new DefaultHttpContext();
        request.Request.Headers.Authorization = "Bearer a";
        RequestIdentity identity = await gateway.Services.GetRequiredService<IRequestIdentity>().ResolveAsync(request, CancellationToken.None);
        Assert.Equal(IdentityStatus.Anonymous, identity.Status);
    }

    [Fact]
    public async Task While_mattermost_does_not_say_whose_a_token_is_actions_wait()
    {
        var time = new ManualTime();
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(time: time);
        gateway.Mattermost.Tokens["a"] = "a";
        bool isDown = true;
        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = context => isDown
            ? ScriptedMattermost.JsonAsync(context, 500, new { })
            : ScriptedMattermost.JsonAsync(context, 200, new { user_id = "a" });
        using TestClient client = await gateway.DialAsync(token: "a");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await client.SendAsync(Join);
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));
        await client.ReceiveAsync();
        await AdvanceUntilAsync(time, () => gateway.Counters.UnansweredTokens > 0);
        Assert.True(gateway.Clients.HasNone);
        isDown = false;
        await AdvanceUntilAsync(time, () => !gateway.Clients.HasNone);

        await gateway.Clients.NextAsync("connected c1 a");
        await gateway.Clients.NextAsync("message c1 join");
    }

    [Fact]
    public async Task A_token_of_somebody_else_ends_the_socket()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Tokens["ta"] = "b";
        using TestClient client = await gateway.DialAsync(token: "ta");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));
        await client.ReceiveAllAsync();

        Assert.Equal(0, gateway.Registry.Count);
        Assert.True(gateway.Clients.HasNone);
    }

    [Fact]
    [Trait("Spec", "integration-67")]
    public async Task A_revoked_token_ends_only_the_call_that_is_bound_to_it()
    {
        var time = new ManualTime();

        // The cached answer outlives the test: what is found is found by asking anew.
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(
            static options => options with { Timings = options.Timings with { TokenLifetime = TimeSpan.FromDays(1) } }, time);
        gateway.Mattermost.Tokens["t2"] = "a";
        (TestClient call, _) = await gateway.ConnectAsync("a", "c1");
        (TestClient main, ScriptedSocket mainUpstream) = await gateway.ConnectAsync("a", "m1");
        using TestClient second = await gateway.DialAsync(token: "t2");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c2", "a"));
        await gateway.Clients.NextAsync("connected c2 a");
        await call.SendAsync(Join);
        await gateway.Clients.NextAsync("message c1 join");
        await second.SendAsync(Join);
        await gateway.Clients.NextAsync("message c2 join");
        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = static context => context.Request.Headers.Authorization == "Bearer a"
            ? ScriptedMattermost.JsonAsync(context, 401, new { })
            : ScriptedMattermost.JsonAsync(context, 200, new { user_id = "a" });
        await AdvanceUntilAsync(time, () => !gateway.Clients.HasNone);
        await gateway.Clients.NextAsync("ended c1 a");
        await gateway.Clients.NextAsync("disconnected c1 a");
        await call.ReceiveAllAsync();
        Assert.Equal(1008, call.CloseCode);

        // The main socket is left to Mattermost, without Calls events; the other session goes on.
        gateway.Publish("x", GatewayUnderTest.ToUser("a"));
        await mainUpstream.SendAsync(ScriptedSocket.Event("posted", 1));
        Assert.Equal("posted", (await main.ReceiveAsync()).Event);
        Assert.Equal("hello", (await second.ReceiveAsync()).Event);
        Assert.Equal("custom_com.mattermost.calls_x", (await second.ReceiveAsync()).Event);
    }

    [Fact]
    [Trait("Spec", "integration-62")]
    public async Task A_mattermost_that_is_down_ends_no_call_and_logs_nobody_out()
    {
        var time = new ManualTime();
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(
            static options => options with { Timings = options.Timings with { FirstRetry = TimeSpan.Zero, SecondRetry = TimeSpan.Zero } }, time);
        (TestClient call, _) = await gateway.ConnectAsync("a", "c1");
        await call.SendAsync(Join);
        await gateway.Clients.NextAsync("message c1 join");
        gateway.Mattermost.Routes["GET /api/v4/users/me/status"] = static context => ScriptedMattermost.JsonAsync(context, 500, new { });
        await AdvanceUntilAsync(time, () => gateway.Counters.UnansweredTokens >= 2);
        var request = new DefaultHttpContext();
        request.Request.Headers.Authorization = "Bearer other";
        RequestIdentity identity = await gateway.Services.GetRequiredService<IRequestIdentity>().ResolveAsync(request, CancellationToken.None);

        // Undecided is answered with 503 (rest-api.md 1.3).
        Assert.Equal(IdentityStatus.Undecided, identity.Status);
        Assert.True(gateway.Clients.HasNone);
        gateway.Publish("x", GatewayUnderTest.ToUser("a"));
        Assert.Equal(1, (await call.ReceiveAsync()).Seq);
    }

    [Fact]
    [Trait("Spec", "integration-65")]
    public async Task A_logout_ends_the_call_at_once_and_a_revocation_within_ten_seconds()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(
            static options => options with { TakeOver = new HashSet<string> { "logout" } });
        gateway.Mattermost.Routes["POST /api/v4/users/logout"] = static context => ScriptedMattermost.JsonAsync(context, 200, new { status = "OK" });
        foreach ((string user, string connection) in new[] { ("a", "c1"), ("b", "c2") })
        {
            (TestClient call, _) = await gateway.ConnectAsync(user, connection);
            await call.SendAsync(Join);
            await gateway.Clients.NextAsync($"message {connection} join");
        }

        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("Cookie", "MMAUTHTOKEN=a");
        using HttpResponseMessage answer = await http.PostAsync(new Uri(gateway.Url, "/api/v4/users/logout"), null);
        Assert.Equal("""{"status":"OK"}""", await answer.Content.ReadAsStringAsync());
        await gateway.Clients.NextAsync("ended c1 a");
        await gateway.Clients.NextAsync("disconnected c1 a");

        var time = new ManualTime();
        var tokens = new RevokedTokens();
        var revalidation = new CallTokenRevalidation(
            gateway.Registry,
            tokens,
            gateway.Counters,
            gateway.Services.GetRequiredService<GatewayOptions>(),
            time,
            NullLogger<CallTokenRevalidation>.Instance);
        revalidation.AskDue();
        time.Advance(TimeSpan.FromSeconds(9));
        revalidation.AskDue();
        Assert.Equal(0, tokens.Asked);
        time.Advance(TimeSpan.FromSeconds(1));
        revalidation.AskDue();
        Assert.Equal(1, tokens.Asked);
        await gateway.Clients.NextAsync("ended c2 b");
    }

    private sealed class RevokedTokens : ITokenIdentity
    {
        public int Asked { get; private set; }

        public ValueTask<TokenIdentityAnswer> ResolveAsync(string token, CancellationToken cancellation) => RevalidateAsync(token, cancellation);

        public ValueTask<TokenIdentityAnswer> RevalidateAsync(string token, CancellationToken cancellation)
        {
            Asked++;
            return ValueTask.FromResult(TokenIdentityAnswer.Unauthenticated);
        }
    }

    private static async Task AdvanceUntilAsync(ManualTime time, Func<bool> holds)
    {
        await Poll.UntilAsync(() =>
        {
            bool isDone = holds();
            if (!isDone)
            {
                time.Advance(TimeSpan.FromMilliseconds(20));
            }

            return isDone;
        });
    }
}
