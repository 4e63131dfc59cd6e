using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Calls.MessagePack;
using Calls.Server.Signaling;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Relay;

public sealed class FramePassageTests
{
    private const string Prefix = "custom_com.mattermost.calls_";

    [Fact]
    [Trait("Spec", "integration-13")]
    [Trait("Spec", "integration-14")]
    public async Task Native_actions_and_their_replies_pass_byte_for_byte()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        string[] requests =
        [
            """{"action":"user_typing","seq":1,"data":{"channel_id":"c"}}""",
            """{ "seq" : 2, "action":"presence" , "data":{}}""",
            """{"action":"get_statuses","seq":3}""",
            """{"action":"ping","seq":42}""",
            """{"action":"custom_com.example_x","seq":5}""",
            """{"action":"custom_com.mattermost.calls-other_x","seq":6}""",
        ];
        string[] replies = ["""{"status":"OK","seq_reply":1}""", "{\"status\": \"OK\",\n\"seq_reply\": 2}", """{"data":{"text":"pong"},"status":"OK","seq_reply":42}"""];

        foreach (string request in requests)
        {
            await client.SendAsync(request);
            Assert.Equal(request, await upstream.ReceiveAsync());
            Assert.Equal(WebSocketMessageType.Text, upstream.LastType);
        }

        foreach (string reply in replies)
        {
            await upstream.SendAsync(reply);
            Assert.Equal(reply, (await client.ReceiveAsync()).Text);
        }
    }

    [Fact]
    [Trait("Spec", "integration-15")]
    [Trait("Spec", "signaling-7")]
    [Trait("Spec", "signaling-9")]
    [Trait("Spec", "signaling-12")]
    public async Task Calls_actions_are_consumed_in_both_encodings_and_never_answered()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        byte[] offer = [0x78, 0x9c, 0, 255];
        await client.SendAsync($$$"""{"action":"{{{Prefix}}}join","seq":1,"data":{"channelID":"ch","props":{"n":3,"f":1.5,"b":true,"z":null,"l":[1,"x"]} }}""");
        await client.SendAsync(Binary("data", "seq", "action", Prefix + "sdp", offer), isText: false);
        await client.SendAsync($$"""{"action":"{{Prefix}}ping","seq":1}""");
        await client.SendAsync($$"""{"action":"{{Prefix}}mute","seq":1}""");
        await client.SendAsync("""{"action":"ping","seq":9}""");

        Assert.Equal("""{"action":"ping","seq":9}""", await upstream.ReceiveAsync());
        await gateway.Clients.NextAsync("message c1 join");
        await gateway.Clients.NextAsync("message c1 sdp");
        await gateway.Clients.NextAsync("message c1 mute");
        ClientMessage[] messages = [.. gateway.Clients.Messages];
        Assert.Equal("ch", messages[0].Data.String("channelID"));
        Assert.Equal("a", messages[0].User.Value);
        Assert.Equal("127.0.0.1", messages[0].RemoteAddress);
        Assert.Equal(offer, messages[1].Data.Bytes("data"));
        Assert.Null(messages[2].Data.String("channelID"));

        // The pong is the next thing the client gets: no reply was made up before it.
        await upstream.SendAsync("""{"status":"OK","seq_reply":9}""");
        Assert.Equal("""{"status":"OK","seq_reply":9}""", (await client.ReceiveAsync()).Text);
    }

    [Fact]
    [Trait("Spec", "integration-16")]
    public async Task A_native_binary_frame_passes_as_binary()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        byte[] frame = Binary("data", "seq", "action", "user_typing", [1, 2]);
        await client.SendAsync(frame, isText: false);

        Assert.Equal(frame, await upstream.ReceiveBytesAsync());
        Assert.Equal(WebSocketMessageType.Binary, upstream.LastType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Spec", "integration-17")]
    [Trait("Spec", "signaling-10")]
    public async Task One_byte_above_the_limit_closes_with_1009(bool isText)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await client.SendAsync(Encoding.ASCII.GetBytes(new string('x', 8192)), isText);
        Assert.Equal(8192, (await upstream.ReceiveBytesAsync())!.Length);
        Task<string?> upstreamEnd = upstream.ReceiveAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(new string('x', 8193)), isText);

        await client.ReceiveAllAsync();
        Assert.Equal(1009, client.CloseCode);
        Assert.Null(await upstreamEnd);
    }

    [Fact]
    [Trait("Spec", "integration-18")]
    public async Task A_large_event_arrives_whole_and_renumbered()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
        Assert.Equal(1, (await client.ReceiveAsync()).Seq);
        string text = new('ü', 512 * 1024);
        await upstream.SendAsync(ScriptedSocket.Event("posted", 1, $$"""{"t":"{{text}}"}"""));

        TestClient.Frame frame = await client.ReceiveAsync();

        Assert.Equal(2, frame.Seq);
        Assert.Equal(text, frame.Json.GetProperty("data").GetProperty("t").GetString());
    }

    [Fact]
    public async Task A_ping_does_not_wait_for_calls()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        using var held = new ManualResetEventSlim();
        gateway.Clients.OnMessage = _ => held.Wait(Limits.Test);
        await client.SendAsync($$"""{"action":"{{Prefix}}join","seq":1}""");
        await client.SendAsync("""{"action":"ping","seq":2}""");

        // Even a core that breaks its promise to return at once does not hold up what goes to Mattermost.
        Assert.Equal("""{"action":"ping","seq":2}""", await upstream.ReceiveAsync());
        held.Set();
        await upstream.SendAsync("""{"status":"OK","seq_reply":2}""");
        Assert.Equal("""{"status":"OK","seq_reply":2}""", (await client.ReceiveAsync()).Text);
    }

    [Fact]
    [Trait("Spec", "integration-20")]
    public async Task Actions_sent_before_the_greeting_are_processed_after_it_in_order()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Tokens["ta"] = "a";
        using TestClient client = await gateway.DialAsync(token: "ta");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        await client.SendAsync($$"""{"action":"{{Prefix}}reconnect","seq":1}""");
        await client.SendAsync($$"""{"action":"{{Prefix}}leave","seq":2}""");
        await client.SendAsync("""{"action":"ping","seq":3}""");
        Assert.Equal("""{"action":"ping","seq":3}""", await upstream.ReceiveAsync());
        Assert.Empty(gateway.Clients.Messages);
        await upstream.SendAsync(ScriptedSocket.Hello("c1", "a"));

        await gateway.Clients.NextAsync("connected c1 a");
        await gateway.Clients.NextAsync("message c1 reconnect");
        await gateway.Clients.NextAsync("message c1 leave");

        // Never authenticated: nothing of it reaches the core.
        using TestClient stranger = await gateway.DialAsync("");
        ScriptedSocket closing = await gateway.Mattermost.AcceptAsync();
        await stranger.SendAsync($$"""{"action":"{{Prefix}}join","seq":1}""");
        await stranger.SendAsync("""{"action":"ping","seq":3}""");
        await closing.ReceiveAsync();
        closing.Cut();
        await stranger.ReceiveAllAsync();
        Assert.True(gateway.Clients.HasNone);
    }

    [Theory]
    [InlineData(33, 10)]
    [InlineData(9, 7500)]
    [Trait("Spec", "integration-21")]
    public async Task Too_many_actions_before_the_greeting_end_the_socket(int count, int bytes)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        using TestClient client = await gateway.DialAsync(token: "ta");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        for (int sent = 0; sent < count; sent++)
        {
            await client.SendAsync($$$"""{"action":"{{{Prefix}}}react","seq":1,"data":{"x":"{{{new string('x', bytes)}}}"}}""");
        }

        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Null(await upstream.ReceiveAsync());
    }

    [Fact]
    [Trait("Spec", "integration-22")]
    [Trait("Spec", "integration-23")]
    public async Task Both_encodings_are_renumbered_and_otherwise_untouched()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
        await client.ReceiveAsync();
        string[] frames =
        [
            ScriptedSocket.Event("posted", 1),
            """{"event": "status_change", "data": {"a":1}, "broadcast": {"omit_users":null}, "seq": 2}""",
            """{"event":"posted","data":{"post":"\"seq\": 5}"},"broadcast":{},"seq":3}""",
            """{"event":"posted","broadcast":{},"seq":4,"data":{"post":"\"seq\": 5}"}}""",
            """{"seq":5,"data":{"seq":77},"event":"po\u0073ted"}""",
        ];
        for (int i = 0; i < frames.Length; i++)
        {
            await upstream.SendAsync(frames[i]);
            TestClient.Frame frame = await client.ReceiveAsync();
            string spaced = $"\"seq\": {i + 1}";
            string compact = $"\"seq\":{i + 1}";
            string expected = frames[i].Replace(compact, $"\"seq\":{i + 2}", StringComparison.Ordinal);
            expected = expected == frames[i] ? frames[i].Replace(spaced, $"\"seq\": {i + 2}", StringComparison.Ordinal) : expected;
            Assert.Equal(expected, frame.Text);
        }

        Assert.Equal(2, gateway.Counters.SlowParses);
    }

    [Fact]
    public async Task What_cannot_be_decoded_is_left_to_mattermost()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        const string Challenge = """{"action":"authentication_challenge","seq":1,"data":{"token":"x"}}""";
        await client.SendAsync(Challenge);
        await client.SendAsync("not json");
        await client.SendAsync([0xc1, 0xff], isText: false);

        Assert.Equal(Challenge, await upstream.ReceiveAsync());
        Assert.Equal("not json", await upstream.ReceiveAsync());
        Assert.Equal([0xc1, 0xff], await upstream.ReceiveBytesAsync());
        upstream.Cut();
        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Null(client.CloseCode);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_closes_with_1007()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, _) = await gateway.ConnectAsync("a", "c1");
        await client.SendAsync([0xff, 0xfe], isText: true);

        await client.ReceiveAllAsync();

        Assert.Equal(1007, client.CloseCode);
    }

    [Fact]
    public async Task Keys_are_read_as_mattermost_reads_them()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await client.SendAsync($$"""{"action":"ping","seq":1,"ACTION":"{{Prefix}}mute"}""");
        await client.SendAsync($$"""{"action":"custom\u005fcom.mattermost.calls_unmute","seq":1}""");
        await client.SendAsync($$"""{"Action":"{{Prefix}}mute","seq":1,"action":"ping"}""");

        Assert.Contains("\"action\":\"ping\"}", await upstream.ReceiveAsync(), StringComparison.Ordinal);
        await gateway.Clients.NextAsync("message c1 mute");
        await gateway.Clients.NextAsync("message c1 unmute");
    }

    private static byte[] Binary(string first, string second, string third, string action, byte[] payload)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(3);
        foreach (string key in new[] { first, second, third })
        {
            writer.WriteString(key);
            switch (key)
            {
                case "data":
                    writer.WriteMapHeader(1);
                    writer.WriteString("data");
                    writer.WriteBinary(payload);
                    break;
                case "seq":
                    writer.WriteInt64Fixed(7);
                    break;
                default:
                    writer.WriteString(action);
                    break;
            }
        }

        return buffer.WrittenSpan.ToArray();
    }
}
