using System.Net;
using System.Net.WebSockets;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Relay;

public sealed class UpgradeTests
{
    [Fact]
    [Trait("Spec", "integration-1")]
    [Trait("Spec", "signaling-1")]
    public async Task The_greeting_of_mattermost_is_the_first_frame_and_names_the_connection()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        using TestClient client = await gateway.DialAsync(token: "ta");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("conn00000000000000000000a1", "a"));

        TestClient.Frame hello = await client.ReceiveAsync();

        Assert.Equal(ScriptedSocket.Hello("conn00000000000000000000a1", "a"), hello.Text);
        await gateway.Clients.NextAsync("connected conn00000000000000000000a1 a");
        Assert.Equal("a", gateway.Registry.All.Single().User?.Value);
        Assert.Equal("?connection_id=&sequence_number=0", upstream.Query);
        Assert.Equal("MMAUTHTOKEN=ta", upstream.Headers.Cookie);
    }

    [Fact]
    [Trait("Spec", "integration-2")]
    public async Task A_slash_at_the_end_of_the_path_changes_nothing()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await TestClient.DialAsync(new Uri(gateway.Url, "/api/v4/websocket/?connection_id=&sequence_number=0"), "ta", null);
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));

        Assert.Equal("hello", (await client.ReceiveAsync()).Event);
    }

    [Fact]
    public async Task The_socket_may_lie_below_the_plugins_path_and_then_mattermost_sees_the_sites_origin()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(static options => options with { SiteUrl = new Uri("https://site.example/") });
        await Poll.UntilAsync(() => gateway.Settings.Current is not null);
        using TestClient client = await TestClient.DialAsync(
            new Uri(gateway.Url, "/plugins/com.mattermost.calls/api/v4/websocket"), "ta", static options => options.SetRequestHeader("Origin", "wss://site.example"));
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();

        Assert.Equal("/api/v4/websocket", upstream.Path);
        Assert.Equal("https://site.example", upstream.Headers.Origin);
    }

    [Fact]
    [Trait("Spec", "integration-3")]
    public async Task A_bearer_header_is_as_good_as_a_cookie()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        using TestClient client = await gateway.DialAsync("", configure: static options => options.SetRequestHeader("Authorization", "BEARER ta"));
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));

        Assert.Equal(0, (await client.ReceiveAsync()).Seq);
        await gateway.Clients.NextAsync("connected c1 a");
        Assert.Equal("", upstream.Query);
        Assert.Equal("BEARER ta", upstream.Headers.Authorization);
    }

    [Fact]
    [Trait("Spec", "integration-4")]
    [Trait("Spec", "signaling-4")]
    public async Task A_challenge_is_forwarded_and_its_token_counts()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Tokens["secret"] = "a";
        using TestClient client = await gateway.DialAsync("");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        const string Challenge = """{"action":"authentication_challenge","seq":1,"data":{"token":"secret"}}""";
        await client.SendAsync(Challenge);

        Assert.Equal(Challenge, await upstream.ReceiveAsync());
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));
        await upstream.SendAsync("""{"status":"OK","seq_reply":1}""");

        Assert.Equal("hello", (await client.ReceiveAsync()).Event);
        Assert.Equal("""{"status":"OK","seq_reply":1}""", (await client.ReceiveAsync()).Text);
        await gateway.Clients.NextAsync("connected c1 a");
        Assert.DoesNotContain(gateway.Log.Lines, static line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_socket_that_mattermost_gives_up_ends_without_a_record()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await gateway.DialAsync("");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        upstream.Cut();

        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Equal(0, gateway.Registry.Count);
    }

    [Fact]
    public async Task A_socket_without_proof_ends_even_if_mattermost_forgets_it()
    {
        var time = new ManualTime();
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(time: time);
        using TestClient client = await gateway.DialAsync("");
        await gateway.Mattermost.AcceptAsync();
        time.Advance(TimeSpan.FromSeconds(11));

        Assert.Empty(await client.ReceiveAllAsync());
    }

    [Theory]
    [InlineData("http://evil.example", true)]
    [InlineData("null", true)]
    [InlineData("http://site.example", false)]
    [InlineData(null, false)]
    [Trait("Spec", "integration-7")]
    [Trait("Spec", "integration-8")]
    [Trait("Spec", "signaling-2")]
    public async Task A_foreign_origin_is_refused_before_anything_is_dialled(string? origin, bool isRefused)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(static options => options with { SiteUrl = new Uri("http://site.example") });
        await Poll.UntilAsync(() => gateway.Settings.Current is not null);
        Task<TestClient> dialling = gateway.DialAsync("", "ta", options =>
        {
            if (origin is not null)
            {
                options.SetRequestHeader("Origin", origin);
            }
        });

        if (!isRefused)
        {
            (await dialling).Dispose();
            Assert.Equal(origin ?? "", (await gateway.Mattermost.AcceptAsync()).Headers.Origin.ToString());
            return;
        }

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => dialling);
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, gateway.Mattermost.Upgrades);
    }

    [Fact]
    [Trait("Spec", "integration-9")]
    public async Task What_mattermost_answers_instead_of_an_upgrade_reaches_the_client_unchanged()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.RefusesUpgrade = static context =>
            ScriptedMattermost.JsonAsync(context, 401, new { id = "api.context.token_provided.app_error", status_code = 401 });
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "/api/v4/websocket?access_token=x"));
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("""{"id":"api.context.token_provided.app_error","status_code":401}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    [Trait("Spec", "integration-10")]
    public async Task An_unreachable_mattermost_is_a_bad_gateway()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        await gateway.Mattermost.DisposeAsync();

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => gateway.DialAsync("", "ta"));

        Assert.Contains("502", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "integration-11")]
    public async Task Compression_is_neither_accepted_nor_offered()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await gateway.DialAsync("", "ta", static options => options.DangerousDeflateOptions = new WebSocketDeflateOptions());
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();

        Assert.False(client.Socket.HttpResponseHeaders!.ContainsKey("Sec-WebSocket-Extensions"));
        Assert.Equal(0, upstream.Headers.SecWebSocketExtensions.Count);
    }

    [Fact]
    [Trait("Spec", "integration-12")]
    public async Task Other_parameters_pass_verbatim()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await gateway.DialAsync("connection_id=&sequence_number=0&posted_ack=true&disconnect_err_code=4001&calls=true&x=%41+b", "ta");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();

        Assert.Equal("?connection_id=&sequence_number=0&posted_ack=true&disconnect_err_code=4001&calls=true&x=%41+b", upstream.Query);
    }

    [Fact]
    public async Task Mattermost_sees_who_the_client_is_and_where_it_comes_from()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await gateway.DialAsync("", "ta", static options =>
        {
            options.SetRequestHeader("User-Agent", "Mattermost Mobile/2.40");
            options.SetRequestHeader("X-Forwarded-For", "203.0.113.9");
            options.SetRequestHeader("Mattermost-User-Id", "admin");
        });
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();

        Assert.Equal("Mattermost Mobile/2.40", upstream.Headers.UserAgent);
        Assert.Equal("203.0.113.9, 127.0.0.1", upstream.Headers["X-Forwarded-For"]);
        Assert.Equal("http", upstream.Headers["X-Forwarded-Proto"]);
        Assert.Equal(gateway.Url.Authority, upstream.Headers.Host);
        Assert.False(upstream.Headers.ContainsKey("Mattermost-User-Id"));
    }

    [Fact]
    public async Task One_address_cannot_hold_many_sockets_without_credentials()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(static options => options with { MaxUnidentifiedPerAddress = 2 });
        using TestClient first = await gateway.DialAsync("");
        using TestClient second = await gateway.DialAsync("");

        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => gateway.DialAsync(""));

        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
        using TestClient known = await gateway.DialAsync("", "ta");
    }

    [Fact]
    [Trait("Spec", "integration-107")]
    public async Task A_graceful_stop_says_goodbye_with_1001()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(
            static options => options with { Timings = new() { Drain = TimeSpan.FromMilliseconds(10) } });
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        Task<string?> upstreamEnd = upstream.ReceiveAsync();
        Task<List<TestClient.Frame>> end = client.ReceiveAllAsync();
        await gateway.StopAsync();

        await end;
        await upstreamEnd;
        Assert.Equal(1001, client.CloseCode);
        Assert.Equal(1000, upstream.CloseCode);
    }
}
