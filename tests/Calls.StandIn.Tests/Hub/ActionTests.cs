using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Tests.Kit;

namespace Calls.StandIn.Tests.Hub;

/// <summary>H9 to H12 and H20: frames from the client and their replies.</summary>
public sealed class ActionTests : StandInTest
{
    [Theory]
    [InlineData("""{"seq":5}""", 5, "api.web_socket_router.no_action.app_error", 400)]
    [InlineData("""{"action":"","seq":-5}""", -5, "api.web_socket_router.no_action.app_error", 400)]
    [InlineData("""{"action":"ping","seq":0}""", null, "api.web_socket_router.bad_seq.app_error", 400)]
    [InlineData("""{"action":"nonsense","seq":-1}""", -1, "api.web_socket_router.bad_seq.app_error", 400)]
    [InlineData("""{"action":"nonsense","seq":7}""", 7, "api.web_socket_router.bad_action.app_error", 500)]
    [InlineData("""null""", null, "api.web_socket_router.no_action.app_error", 400)]
    [InlineData("""{"ACTION":"nonsense","Seq":1,"seq":8,"data":null} trailing""", 8, "api.web_socket_router.bad_action.app_error", 500)]
    public async Task H9_router_errors_in_their_order(string frame, int? seq, string id, int status)
    {
        SocketClient socket = await SocketAsync("alice");
        await socket.SendTextAsync(frame);

        JsonElement reply = await socket.ReadAsync();

        Assert.Equal("FAIL", reply.GetProperty("status").GetString());
        Assert.Equal(seq is not null, reply.TryGetProperty("seq_reply", out JsonElement number));
        Assert.Equal(seq, seq is null ? null : number.GetInt32());
        JsonElement error = reply.GetProperty("error");
        Assert.Equal(id, error.GetProperty("id").GetString());
        Assert.Equal(status, error.GetProperty("status_code").GetInt32());
        Assert.Equal("", error.GetProperty("detailed_error").GetString());
        Assert.False(reply.TryGetProperty("seq", out _));
        Assert.False(reply.TryGetProperty("event", out _));
    }

    [Fact]
    public async Task H9_an_unregistered_socket_gets_no_reply_at_all()
    {
        SocketClient socket = await OpenAsync(null);
        await socket.SendAsync("ping", 1);
        await socket.SendAsync("presence", 2);
        await socket.SendTextAsync("{}");
        await socket.SendAsync("authentication_challenge", 4, new JsonObject { ["token"] = Server.LogIn("alice") });

        Assert.Equal("hello", (await socket.ReadAsync()).GetProperty("event").GetString());
        Assert.Equal(4, (await socket.ReadAsync()).GetProperty("seq_reply").GetInt64());
        Assert.Empty(await socket.DrainAsync());
    }

    [Fact]
    public async Task H9_a_registered_socket_whose_session_ended_is_told_so_except_for_presence()
    {
        string token = Server.LogIn("alice");
        SocketClient socket = await GreetedAsync(token);
        Server.RevokeSession(token);

        await socket.SendAsync("ping", 1);
        await socket.SendAsync("presence", 2);

        JsonElement reply = await socket.ReadAsync();
        Assert.Equal("api.web_socket_router.not_authenticated.app_error", reply.GetProperty("error").GetProperty("id").GetString());
        Assert.Equal(401, reply.GetProperty("error").GetProperty("status_code").GetInt32());
        Assert.Equal("OK", (await socket.ReadAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task H9_replies_keep_their_place_between_events()
    {
        SocketClient socket = await SocketAsync("alice");
        for (int i = 0; i < 50; i++)
        {
            await socket.SendAsync("user_typing", i + 1, new JsonObject { ["channel_id"] = TownSquare });
            JsonElement reply = await socket.ReadAsync();
            Assert.Equal(i + 1, reply.GetProperty("seq_reply").GetInt32());
            Server.Publish("probe", new JsonObject { ["i"] = i }, userId: Alice);
            Assert.Equal(i, (await socket.ReadAsync()).GetProperty("data").GetProperty("i").GetInt32());
        }
    }

    [Fact]
    public async Task H10_plugin_actions_are_recorded_and_never_answered()
    {
        SocketClient socket = await SocketAsync("alice");
        await socket.SendAsync("custom_com.mattermost.calls_join", 0, new JsonObject { ["channelID"] = TownSquare });

        Assert.Empty(await socket.DrainAsync());

        CustomAction action = Assert.Single(Server.CustomActions);
        Assert.Equal(socket.ConnectionId, action.ConnectionId);
        Assert.Equal(Alice, action.UserId);
        Assert.Equal("custom_com.mattermost.calls_join", action.Action);
        Assert.Equal(0, action.Seq);
        Assert.Equal(TownSquare, action.Data!["channelID"]);
    }

    [Fact]
    public async Task H10_the_record_of_plugin_actions_is_bounded()
    {
        SocketClient socket = await SocketAsync("alice");
        for (int i = 0; i < 10_001; i++)
        {
            await socket.SendAsync("custom_x", i);
        }

        await socket.DrainAsync();
        Assert.Equal(10_000, Server.CustomActions.Count);
        Assert.Equal(1, Server.CustomActions[0].Seq);
    }

    [Fact]
    public async Task H11_binary_frames_are_message_pack_whatever_the_order_of_keys()
    {
        SocketClient socket = await SocketAsync("alice");

        // {"data": nil, "seq": int64 3, "action": "ping"}
        await socket.SendBinaryAsync([0x83, 0xA4, .. "data"u8, 0xC0, 0xA3, .. "seq"u8, 0xD3, 0, 0, 0, 0, 0, 0, 0, 3, 0xA6, .. "action"u8, 0xA4, .. "ping"u8]);
        JsonElement reply = await socket.ReadAsync();
        Assert.Equal(3, reply.GetProperty("seq_reply").GetInt64());
        Assert.Equal("pong", reply.GetProperty("data").GetProperty("text").GetString());

        // {"action": "custom_sdp", "seq": 4, "data": {"data": bin 01 02}}
        await socket.SendBinaryAsync([0x83, 0xA6, .. "action"u8, 0xAA, .. "custom_sdp"u8, 0xA3, .. "seq"u8, 4, 0xA4, .. "data"u8, 0x81, 0xA4, .. "data"u8, 0xC4, 2, 1, 2]);
        await socket.DrainAsync();
        Assert.Equal(new byte[] { 1, 2 }, Assert.Single(Server.CustomActions).Data!["data"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("""{"action":5}""")]
    [InlineData("""{"action":"ping","seq":"1"}""")]
    [InlineData("""{"action":"ping","seq":1.5}""")]
    [InlineData("""{"action":"ping","seq":1e2}""")]
    [InlineData("""{"action":"ping","seq":9223372036854775808}""")]
    [InlineData("""{"action":"ping","seq":1,"data":[]}""")]
    public async Task H11_undecodable_text_ends_the_socket(string frame)
    {
        SocketClient socket = await SocketAsync("alice");
        await socket.SendTextAsync(frame);

        Assert.Null(await socket.ReadTextAsync());
        Assert.Null(socket.CloseStatus);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x01 })]
    [InlineData(new byte[] { 0x83, 0xA6 })]
    [InlineData(new byte[] { 0x81, 0xA3, (byte)'s', (byte)'e', (byte)'q', 0xA1, (byte)'1' })]
    [InlineData(new byte[] { 0xC1 })]
    public async Task H11_undecodable_binary_ends_the_socket(byte[] frame)
    {
        SocketClient socket = await SocketAsync("alice");
        await socket.SendBinaryAsync(frame);

        Assert.Null(await socket.ReadTextAsync());
    }

    [Fact]
    public async Task H11_invalid_utf8_is_replaced_and_not_refused()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();

        await socket.SendAsync(0x81, [.. "{\"action\":\"custom_x\",\"seq\":1,\"data\":{\"t\":\""u8, 0xFF, .. "\"}}"u8]);
        await socket.SendTextAsync("""{"action":"ping","seq":2}""");

        Assert.Equal(1, (await socket.ReadAsync())!.Value.Opcode);
        Assert.Equal("\uFFFD", Assert.Single(Server.CustomActions).Data!["t"]);
    }

    [Fact]
    public async Task H11_random_and_mutated_frames_never_break_the_decoder()
    {
        const int Seed = 20260801;
        var random = new Random(Seed);
        byte[][] good =
        [
            Encoding.UTF8.GetBytes("""{"action":"custom_com.mattermost.calls_ice","seq":12,"data":{"data":"{\"candidate\":\"\\ud83d\\ude00\"}","n":[1,2.5,true,null]}}"""),
            [0x83, 0xA6, .. "action"u8, 0xA4, .. "ping"u8, 0xA3, .. "seq"u8, 3, 0xA4, .. "data"u8, 0x81, 0xA1, .. "x"u8, 0x93, 1, 0xC3, 0xC0],
        ];
        for (int i = 0; i < 30_000; i++)
        {
            byte[] frame = [.. good[random.Next(2)]];
            if (random.Next(4) == 0)
            {
                frame = new byte[random.Next(200)];
                random.NextBytes(frame);
            }
            else
            {
                for (int m = random.Next(1, 4); m > 0; m--)
                {
                    frame[random.Next(frame.Length)] = (byte)random.Next(256);
                }

                frame = frame[..random.Next(1, frame.Length + 1)];
            }

            foreach (StandIn.Hub.FrameKind kind in new[] { StandIn.Hub.FrameKind.Text, StandIn.Hub.FrameKind.Binary })
            {
                Exception? escaped = Record.Exception(() => StandIn.Hub.FrameDecoder.TryDecode(kind, frame, out _));
                Assert.True(escaped is null, $"seed {Seed}, input {i}: {Convert.ToHexString(frame)} {escaped}");
            }
        }

        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(8192, false)]
    [InlineData(8193, true)]
    public async Task H12_a_message_above_8192_bytes_closes_with_1009(int length, bool isClosed)
    {
        SocketClient socket = await SocketAsync("alice");
        const string Start = "{\"action\":\"custom_x\",\"seq\":1,\"data\":{\"t\":\"";
        await socket.SendTextAsync(Start + new string('x', length - Start.Length - 3) + "\"}}");

        if (isClosed)
        {
            Assert.Null(await socket.ReadTextAsync());
            Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);
        }
        else
        {
            Assert.Empty(await socket.DrainAsync());
        }
    }

    [Fact]
    public async Task H12_the_limit_counts_all_fragments_of_a_message()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();

        await socket.SendAsync(0x01, new byte[5000]);
        await socket.SendAsync(0x89, "still here"u8.ToArray());
        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;
        Assert.Equal(10, opcode);
        Assert.Equal("still here"u8.ToArray(), payload);
        await socket.SendAsync(0x80, new byte[5000]);

        (opcode, payload) = (await socket.ReadAsync())!.Value;
        Assert.Equal(8, opcode);
        Assert.Equal([0x03, 0xF1], payload);
        Assert.Null(await socket.ReadAsync());
    }

    [Theory]
    [InlineData(0xC1, true)] // a reserved bit
    [InlineData(0x83, true)] // a reserved opcode
    [InlineData(0x80, true)] // a continuation of nothing
    [InlineData(0x09, true)] // a fragmented ping
    [InlineData(0x81, false)] // not masked
    public async Task Broken_framing_closes_with_1002(byte first, bool isMasked)
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();
        await socket.SendAsync(first, "{}"u8.ToArray(), isMasked);

        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;
        Assert.Equal(8, opcode);
        Assert.Equal([0x03, 0xEA], payload[..2]);
    }

    [Fact]
    public async Task A_close_frame_is_echoed_with_its_code()
    {
        using RawSocket socket = await RawSocket.OpenAsync(Server.Url, Server.LogIn("alice"));
        await socket.ReadAsync();
        await socket.SendAsync(0x88, [0x03, 0xE8, (byte)'b', (byte)'y', (byte)'e']);

        (int opcode, byte[] payload) = (await socket.ReadAsync())!.Value;
        Assert.Equal(8, opcode);
        Assert.Equal([0x03, 0xE8], payload);
        Assert.Null(await socket.ReadAsync());
    }

    [Fact]
    public async Task H20_ping_and_presence_replies()
    {
        SocketClient socket = await SocketAsync("alice");
        await socket.SendAsync("ping", 1);
        await socket.SendAsync("presence", 2, new JsonObject { ["channel_id"] = TownSquare, ["is_thread_view"] = false });

        JsonElement pong = await socket.ReadAsync();
        Assert.Equal("OK", pong.GetProperty("status").GetString());
        JsonElement data = pong.GetProperty("data");
        Assert.Equal("pong", data.GetProperty("text").GetString());
        Assert.Equal("11.6.0", data.GetProperty("version").GetString());
        Assert.Equal(Time.GetUtcNow().ToUnixTimeMilliseconds(), data.GetProperty("server_time").GetInt64());
        Assert.Equal("", data.GetProperty("node_id").GetString());
        Assert.Equal("{\"status\":\"OK\",\"seq_reply\":2}\n", await socket.ReadTextAsync());
    }

    [Fact]
    public async Task H20_typing_reaches_the_other_members_of_the_channel()
    {
        SocketClient alice = await SocketAsync("alice");
        SocketClient bob = await SocketAsync("bob");

        await alice.SendAsync("user_typing", 1, new JsonObject { ["channel_id"] = TownSquare, ["parent_id"] = "" });

        Assert.Equal("{\"status\":\"OK\",\"seq_reply\":1}\n", await alice.ReadTextAsync());
        JsonElement typing = await bob.ReadAsync();
        Assert.Equal("typing", typing.GetProperty("event").GetString());
        Assert.Equal(Alice, typing.GetProperty("data").GetProperty("user_id").GetString());
        Assert.Equal("", typing.GetProperty("data").GetProperty("parent_id").GetString());
        Assert.Equal(TownSquare, typing.GetProperty("broadcast").GetProperty("channel_id").GetString());
        Assert.True(typing.GetProperty("broadcast").GetProperty("omit_users").GetProperty(Alice).GetBoolean());
    }

    [Fact]
    public async Task H20_statuses_of_everyone_and_of_some()
    {
        SocketClient alice = await SocketAsync("alice");
        await alice.SendAsync("get_statuses", 1);
        await alice.SendAsync("get_statuses_by_ids", 2, new JsonObject { ["user_ids"] = new JsonArray(Alice, Bob) });
        await alice.SendAsync("get_statuses_by_ids", 3);
        await alice.SendAsync("user_update_active_status", 4, new JsonObject { ["user_is_active"] = true, ["manual"] = false });
        await alice.SendAsync("user_update_active_status", 5);
        await alice.SendAsync("user_typing", 6, new JsonObject { ["channel_id"] = "x" });

        JsonElement all = (await alice.ReadAsync()).GetProperty("data");
        Assert.Equal("online", all.GetProperty(Alice).GetString());
        JsonElement some = (await alice.ReadAsync()).GetProperty("data");
        Assert.Equal("offline", some.GetProperty(Bob).GetString());
        Assert.Equal("api.websocket_handler.invalid_param.app_error", (await alice.ReadAsync()).GetProperty("error").GetProperty("id").GetString());
        Assert.Equal("OK", (await alice.ReadAsync()).GetProperty("status").GetString());
        Assert.Equal("Invalid user_is_active parameter.", (await alice.ReadAsync()).GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("Invalid channel_id parameter.", (await alice.ReadAsync()).GetProperty("error").GetProperty("message").GetString());
    }
}
