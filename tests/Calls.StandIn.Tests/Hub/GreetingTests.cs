using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H3, H4, H7, H8: who a socket belongs to and how it is greeted.</summary>
public sealed class GreetingTests : StandInTest
{
    [Fact]
    public async Task H7_hello_is_first_with_number_0_and_the_user_in_its_broadcast()
    {
        SocketClient socket = await OpenAsync(Server.LogIn("alice"), "?connection_id=&sequence_number=0");

        JsonElement hello = await socket.ReadAsync();

        Assert.Equal("hello", hello.GetProperty("event").GetString());
        Assert.Equal(0, hello.GetProperty("seq").GetInt64());
        JsonElement broadcast = hello.GetProperty("broadcast");
        Assert.Equal(Alice, broadcast.GetProperty("user_id").GetString());
        Assert.Equal(["omit_users", "user_id", "channel_id", "team_id", "connection_id", "omit_connection_id"], broadcast.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, broadcast.GetProperty("omit_users").ValueKind);
        JsonElement data = hello.GetProperty("data");
        Assert.Equal(26, data.GetProperty("connection_id").GetString()!.Length);
        Assert.Matches(@"^11\.6\.0\.11\.6\.0\.[0-9a-f]{32}\.(true|false)$", data.GetProperty("server_version").GetString());
    }

    [Theory]
    [InlineData("Cookie", "MMAUTHTOKEN={0}")]
    [InlineData("Authorization", "BEARER {0}")]
    [InlineData("Authorization", "token {0}")]
    public async Task H3_a_token_in_cookie_or_header_authenticates_the_upgrade(string header, string value)
    {
        string token = Server.LogIn("alice");

        SocketClient socket = await OpenAsync(null, configure: o => o.SetRequestHeader(header, string.Format(System.Globalization.CultureInfo.InvariantCulture, value, token)));

        Assert.Equal("hello", (await socket.ReadAsync()).GetProperty("event").GetString());
    }

    [Fact]
    public async Task H3_the_cookie_goes_before_the_header_and_no_csrf_is_asked_for()
    {
        SocketClient socket = await OpenAsync(Server.LogIn("alice"), configure: o => o.SetRequestHeader("Cookie", $"MMAUTHTOKEN={Server.LogIn("bob")}"));

        Assert.Equal(Bob, (await socket.ReadAsync()).GetProperty("broadcast").GetProperty("user_id").GetString());
    }

    [Fact]
    public async Task H3_a_token_is_cut_at_50_characters()
    {
        // 26 characters are the token; what follows within 50 spoils it, so a longer tail is no different.
        string token = Server.LogIn("alice");
        SocketClient spoiled = await OpenAsync(token + new string('x', 40));
        await UntilTimersAsync(spoiled);
        Time.Advance(TimeSpan.FromSeconds(5));
        await spoiled.EndsAsync();
        Assert.Equal(new string('y', 50), Calls.StandIn.Rest.RequestToken.Of(new Microsoft.AspNetCore.Http.DefaultHttpContext { Request = { Headers = { Authorization = "Bearer " + new string('y', 80) } } }.Request).Value);
    }

    [Fact]
    public async Task H3_a_query_token_is_for_oauth_sessions_only()
    {
        SocketClient oauth = await OpenAsync(null, $"?access_token={Server.LogIn("alice", isOAuth: true)}");
        Assert.Equal("hello", (await oauth.ReadAsync()).GetProperty("event").GetString());

        (await WithToken(null).GetAsync($"/websocket?access_token={Server.LogIn("alice")}")).Refused(401, "api.context.token_provided.app_error");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("unknownxxxxxxxxxxxxxxxxxxx")]
    public async Task H4_without_a_valid_token_the_upgrade_succeeds_and_the_socket_ends_after_five_seconds(string? token)
    {
        SocketClient socket = await OpenAsync(token);
        await UntilTimersAsync(socket);
        Time.Advance(TimeSpan.FromSeconds(4.9));
        await socket.SendAsync("presence", 1);

        Time.Advance(TimeSpan.FromSeconds(0.2));

        await socket.EndsAsync();
        Assert.Null(socket.CloseStatus);
        Assert.Empty(Server.Connections);
    }

    [Fact]
    public async Task H8_a_challenge_gets_hello_first_and_the_reply_second()
    {
        SocketClient socket = await OpenAsync(null);
        await socket.SendAsync("authentication_challenge", 1, new JsonObject { ["token"] = Server.LogIn("alice") });

        JsonElement hello = await socket.ReadAsync();
        string reply = (await socket.ReadTextAsync())!;

        Assert.Equal("hello", hello.GetProperty("event").GetString());
        Assert.Equal(Alice, hello.GetProperty("broadcast").GetProperty("user_id").GetString());
        Assert.Equal("{\"status\":\"OK\",\"seq_reply\":1}\n", reply);
        Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty(await socket.DrainAsync());
    }

    [Fact]
    public async Task H8_a_challenge_on_an_authenticated_socket_is_ignored_silently()
    {
        SocketClient socket = await SocketAsync("alice");

        await socket.SendAsync("authentication_challenge", 1, new JsonObject { ["token"] = Server.LogIn("bob") });

        Assert.Empty(await socket.DrainAsync());
    }

    [Theory]
    [InlineData("""{"action":"authentication_challenge","seq":1,"data":{"token":"unknownxxxxxxxxxxxxxxxxxxx"}}""")]
    [InlineData("""{"action":"authentication_challenge","seq":1,"data":{"token":5}}""")]
    [InlineData("""{"action":"authentication_challenge","seq":1,"data":{}}""")]
    [InlineData("""{"action":"authentication_challenge","seq":1}""")]
    public async Task H8_a_bad_challenge_ends_the_socket_without_reply(string frame)
    {
        SocketClient socket = await OpenAsync(null);
        await socket.SendTextAsync(frame);

        Assert.Null(await socket.ReadTextAsync());
        Assert.Null(socket.CloseStatus);
    }

    // The connection's timers exist once it reads; an action that arrived proves that it does.
    private async Task UntilTimersAsync(SocketClient socket)
    {
        await socket.SendAsync("custom_probe", 1);
        await UntilAsync(() => Server.CustomActions.Count > 0);
    }
}
