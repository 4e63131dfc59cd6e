using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Calls.Server.Mattermost.Proxy;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.AspNetCore.Http;

namespace Calls.Server.Tests.Mattermost.Proxy;

public sealed class ReverseProxyTests
{
    [Fact]
    [Trait("Spec", "integration-70")]
    public async Task Everything_else_is_mattermosts_with_its_headers()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        IHeaderDictionary? seen = null;
        gateway.Mattermost.Routes["POST /api/v4/users/login"] = async context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary());
            using var reader = new StreamReader(context.Request.Body);
            string body = await reader.ReadToEndAsync();
            context.Response.Headers["Token"] = "t";
            context.Response.Headers["X-Version-Id"] = "v";
            context.Response.Headers.Append("Set-Cookie", "one=1");
            context.Response.Headers.Append("Set-Cookie", "two=2");
            await ScriptedMattermost.JsonAsync(context, 201, new { body });
        };
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Url, "/api/v4/users/login?x=%2B")) { Content = new StringContent("héllo") };
        request.Headers.TryAddWithoutValidation("Mattermost-User-Id", "admin");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.9");
        using HttpResponseMessage answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("héllo", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("body").GetString());
        Assert.Equal("t", answer.Headers.GetValues("Token").Single());
        Assert.Equal("v", answer.Headers.GetValues("X-Version-Id").Single());
        Assert.Equal(["one=1", "two=2"], answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("POST /api/v4/users/login?x=%2B", gateway.Mattermost.Requests);
        Assert.Equal(gateway.Url.Authority, seen!.Host);
        Assert.Equal("203.0.113.9, 127.0.0.1", seen["X-Forwarded-For"]);
        Assert.False(seen.ContainsKey("Mattermost-User-Id"));

        // What is answered here has none of these headers.
        using HttpResponseMessage own = await http.GetAsync(new Uri(gateway.Url, "/plugins/com.mattermost.calls/unknown"));
        Assert.Equal(HttpStatusCode.NotFound, own.StatusCode);
        Assert.DoesNotContain(own.Headers, static header => header.Key is "Token" or "X-Version-Id" or "Mattermost-User-Id");
    }

    [Fact]
    public async Task Headers_of_one_hop_stay_on_it()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        string[] seen = [];
        gateway.Mattermost.Routes["GET /hop"] = context =>
        {
            seen = [.. context.Request.Headers.Keys];
            context.Response.Headers.Connection = "X-Back";
            context.Response.Headers["X-Back"] = "1";
            return ScriptedMattermost.JsonAsync(context, 200, new { });
        };
        string answer = await ExchangeAsync(
            gateway, "GET /hop HTTP/1.0\r\nHost: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Kept: 1\r\n\r\n");

        Assert.Contains("X-Kept", seen);
        Assert.DoesNotContain("X-Hop", seen);
        Assert.DoesNotContain("TE", seen);
        Assert.DoesNotContain("X-Back", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_are_streamed()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        var secondHalf = new TaskCompletionSource();
        gateway.Mattermost.Routes["GET /stream"] = async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await secondHalf.Task;
            await context.Response.WriteAsync("second");
        };
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(gateway.Url, "/stream"), HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        byte[] part = new byte[5];
        await body.ReadExactlyAsync(part);
        Assert.Equal("first", Encoding.UTF8.GetString(part));
        secondHalf.SetResult();
        using var rest = new StreamReader(body);
        Assert.Equal("second", await rest.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_mattermost_the_answer_is_503_as_json()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        await gateway.Mattermost.DisposeAsync();
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(gateway.Url, "/api/v4/users/me"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(503, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("status_code").GetInt32());
    }

    [Fact]
    public async Task An_upgrade_elsewhere_is_a_plain_request()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        string? upgrade = "?";
        gateway.Mattermost.Routes["GET /other"] = context =>
        {
            upgrade = context.Request.Headers.Upgrade;
            return ScriptedMattermost.JsonAsync(context, 200, new { });
        };
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(
            () => TestClient.DialAsync(new Uri(gateway.Url, "/other"), null, null));

        Assert.True(string.IsNullOrEmpty(upgrade));
        Assert.Equal(0, gateway.Mattermost.Upgrades);
    }

    [Theory]
    [InlineData("/plugins/com.mattermost.calls/..%2f..%2fapi")]
    [InlineData("/plugins/com.mattermost.calls/%2e%2e/%2e%2e/api/v4/users")]
    [InlineData("/plugins/com.mattermost.calls/../../api/v4/users")]
    [InlineData("/plugins/com.mattermost.calls%2fversion")]
    [InlineData("/plugins/%63om.mattermost.calls/..%5capi")]
    [Trait("Spec", "integration-72")]
    public async Task A_path_that_two_servers_could_read_differently_is_refused(string path)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        string answer = await ExchangeAsync(gateway, $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 Bad Request", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Mattermost.Requests, static request => request.Contains("/plugins/", StringComparison.Ordinal) || request.Contains("/users?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/plugins/com.mattermost.calls/version", false)]
    [InlineData("/plugins/com.mattermost.calls/a?x=%2f..", false)]
    [InlineData("/api/v4/files/a%2fb", false)]
    [InlineData("/static/../plugins/com.mattermost.calls/x", true)]
    public void Only_paths_of_ours_are_looked_at(string target, bool isConfusing) => Assert.Equal(isConfusing, EdgeRules.IsConfusing(target));

    [Fact]
    public async Task The_list_of_plugins_has_our_entry_once()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(static options => options with
        {
            TakeOver = new HashSet<string> { "plugins" },
            WebappManifest = """{"id":"com.mattermost.calls","version":"1.12.0","settings_schema":{},"server":{},"webapp":{"bundle_path":"x.js"}}""",
        });
        gateway.Mattermost.Routes["GET /api/v4/plugins/webapp"] = static context => ScriptedMattermost.JsonAsync(
            context, 200, new[] { new { id = "com.example", version = "1" }, new { id = "com.mattermost.calls", version = "0" } });
        using var http = new HttpClient();

        string list = await http.GetStringAsync(new Uri(gateway.Url, "/api/v4/plugins/webapp"));

        Assert.Equal("""[{"id":"com.example","version":"1"},{"id":"com.mattermost.calls","version":"1.12.0","webapp":{"bundle_path":"x.js"}}]""", list);
    }

    // As written: an HTTP client would tidy up.
    private static async Task<string> ExchangeAsync(GatewayUnderTest gateway, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, gateway.Url.Port);
        await using NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
