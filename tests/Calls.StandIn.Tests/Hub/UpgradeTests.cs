using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H1, H2, H5: what the upgrade accepts and refuses.</summary>
public sealed class UpgradeTests : StandInTest
{
    [Theory]
    [InlineData("/api/v4/websocket")]
    [InlineData("/api/v4/websocket/")]
    public async Task H1_the_path_may_end_in_a_slash(string path)
    {
        SocketClient socket = await OpenAsync(Server.LogIn("alice"), path: path);

        Assert.Equal("hello", (await socket.ReadAsync()).GetProperty("event").GetString());
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task H1_other_methods_are_the_404_of_the_api(string method) =>
        (await As("alice").SendAsync(new HttpRequestMessage(new HttpMethod(method), ""), "/websocket", null)).Refused(404, "api.context.404.app_error");

    [Fact]
    public async Task H1_a_request_that_is_no_upgrade_is_400_with_both_bodies()
    {
        ApiAnswer answer = (await As("alice").GetAsync("/websocket")).Is(400);

        AssertTwoBodies(answer, "Bad Request\n");
    }

    [Fact]
    public async Task H1_a_bad_origin_is_403_with_both_bodies()
    {
        Server.SetConfig("ServiceSettings", "SiteURL", "https://chat.example.org");

        ApiAnswer answer = (await UpgradeAsync("https://evil.example.org")).Is(403);

        AssertTwoBodies(answer, "Forbidden\n");
    }

    [Theory]
    [InlineData("", "", null, true)]
    [InlineData("", "", "null", false)]
    [InlineData("", "", "http://{host}", true)]
    [InlineData("", "", "https://other.example.org", false)]
    [InlineData("", "https://chat.example.org", "https://CHAT.example.org", true)]
    [InlineData("", "https://chat.example.org/sub", "https://chat.example.org", true)]
    [InlineData("", "https://chat.example.org", "http://chat.example.org", false)]
    [InlineData("", "https://chat.example.org", "http://{host}", false)]
    [InlineData("*", "https://chat.example.org", "https://anything", true)]
    [InlineData("https://a.org https://b.org", "https://chat.example.org/sub", "https://b.org", true)]
    [InlineData("https://a.org https://b.org", "https://chat.example.org/sub", "https://chat.example.org", true)]
    [InlineData("https://a.org https://b.org", "https://chat.example.org/sub", "https://c.org", false)]
    [InlineData("https://a.org https://b.org", "https://chat.example.org/sub", null, true)]
    public async Task H1_origins_follow_the_settings(string allowCorsFrom, string siteUrl, string? origin, bool isAllowed)
    {
        Server.SetConfig("ServiceSettings", "AllowCorsFrom", allowCorsFrom);
        Server.SetConfig("ServiceSettings", "SiteURL", siteUrl);
        string header = origin is null ? "" : $"Origin: {origin.Replace("{host}", Server.Url.Authority)}\r\n";

        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"), header);

        Assert.StartsWith(isAllowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 ", socket.UpgradeAnswer);
    }

    [Fact]
    public async Task H2_neither_subprotocol_nor_compression_is_negotiated()
    {
        SocketClient socket = await OpenAsync(Server.LogIn("alice"), configure: o =>
        {
            o.AddSubProtocol("chat");
            o.DangerousDeflateOptions = new WebSocketDeflateOptions();
        });

        // The client library itself would refuse a subprotocol or extension it had not asked for.
        Assert.Null(socket.SubProtocol);
        Assert.DoesNotContain(socket.UpgradeHeaders!.Keys, k => k.Equals("Sec-WebSocket-Extensions", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(socket.UpgradeHeaders!.Keys, k => k.Equals("Sec-WebSocket-Protocol", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task H2_the_accept_key_is_that_of_the_rfc()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, null);

        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", socket.UpgradeAnswer); // RFC 6455, section 1.3
    }

    [Theory]
    [InlineData("short")]
    [InlineData("abcdefghijklmnopqrstuvwxy-")]
    public async Task H5_an_invalid_connection_id_is_accepted_and_closed_at_once_without_a_frame(string id)
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"), query: $"?connection_id={id}&sequence_number=0");

        Assert.StartsWith("HTTP/1.1 101 ", socket.UpgradeAnswer);
        Assert.Null(await socket.ReadAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("1.5")]
    [InlineData("-1")]
    public async Task H5_a_resumable_connection_with_a_bad_number_is_closed_at_once_and_lost(string number)
    {
        string token = Server.LogIn("alice");
        SocketClient first = await GreetedAsync(token);
        first.Abort();
        await InactiveAsync(first.ConnectionId);

        using RawSocket second = await RawSocket.OpenAsync(Server.Url, token, query: $"?connection_id={first.ConnectionId}&sequence_number={number}");

        Assert.StartsWith("HTTP/1.1 101 ", second.UpgradeAnswer);
        Assert.Null(await second.ReadAsync());
        Assert.Empty(Server.Connections);
    }

    [Fact]
    public async Task H5_parameters_of_an_unauthenticated_upgrade_are_not_looked_at()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, null, query: "?connection_id=short&sequence_number=NaN");

        await socket.SendTextAsync("{\"action\":\"authentication_challenge\",\"seq\":1,\"data\":{\"token\":\"" + Server.LogIn("alice") + "\"}}");

        Assert.Equal(1, (await socket.ReadAsync())!.Value.Opcode);
    }

    private Task<ApiAnswer> UpgradeAsync(string origin)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, "") { Version = HttpVersion.Version11 };
        message.Headers.Add("Connection", "Upgrade");
        message.Headers.Add("Upgrade", "websocket");
        message.Headers.Add("Sec-WebSocket-Version", "13");
        message.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        message.Headers.Add("Origin", origin);
        return As("alice").SendAsync(message, "/websocket", null);
    }

    private static void AssertTwoBodies(ApiAnswer answer, string first)
    {
        Assert.StartsWith(first, answer.Text);
        JsonElement error = JsonDocument.Parse(answer.Text[first.Length..]).RootElement;
        Assert.Equal("api.web_socket.connect.upgrade.app_error", error.GetProperty("id").GetString());
        Assert.Equal(400, error.GetProperty("status_code").GetInt32());
    }
}
