using System.Text.Json;
using Calls.Domain;
using Calls.Server.Signaling;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Relay;

public sealed class NumberingTests
{
    [Fact]
    [Trait("Spec", "integration-24")]
    [Trait("Spec", "integration-27")]
    [Trait("Spec", "signaling-8")]
    public async Task Mixed_events_are_numbered_without_gap_and_replies_take_no_number()
    {
        const int Count = 10_000;
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        var random = new Random(7);

        // As fast as the client reads: a slow one would be cut off.
        using var window = new SemaphoreSlim(100);
        Task sending = Task.Run(async () =>
        {
            int native = 1;
            for (int sent = 0; sent < Count; sent++)
            {
                await window.WaitAsync(Limits.Test);
                switch (random.Next(3))
                {
                    case 0:
                        gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
                        await upstream.SendAsync($$"""{"status":"OK","seq_reply":{{sent}}}""");
                        break;
                    default:
                        await upstream.SendAsync(ScriptedSocket.Event("posted", native++));
                        break;
                }
            }

            await upstream.SendAsync(ScriptedSocket.Event("last", native));
        });

        long expected = 1;
        while (true)
        {
            TestClient.Frame frame = await client.ReceiveAsync();
            if (frame.Event.Length == 0)
            {
                Assert.Equal(-1, frame.Seq);
                continue;
            }

            Assert.Equal(expected++, frame.Seq);
            window.Release();
            if (frame.Event == "last")
            {
                break;
            }
        }

        await sending;
        Assert.Equal(Count + 2, expected);
    }

    [Fact]
    [Trait("Spec", "integration-25")]
    public async Task An_injected_event_has_the_whole_envelope()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, _) = await gateway.ConnectAsync("a", "c1");
        gateway.Publish("user_joined", GatewayUnderTest.ToUser("a") with { Channel = new ChannelId("ch"), OmitUsers = [new UserId("bot")] }, new { user_id = "b" });

        TestClient.Frame frame = await client.ReceiveAsync();

        Assert.Equal(
            """{"event":"custom_com.mattermost.calls_user_joined","data":{"user_id":"b"},"broadcast":{"omit_users":{"bot":true},"user_id":"a","channel_id":"ch","team_id":"","connection_id":"","omit_connection_id":""},"seq":1}""",
            frame.Text);
        gateway.Publish("x", new EventTarget { Connection = new ConnectionId("c1") });
        JsonElement broadcast = (await client.ReceiveAsync()).Json.GetProperty("broadcast");
        Assert.Equal(["omit_users", "user_id", "channel_id", "team_id", "connection_id", "omit_connection_id"], broadcast.EnumerateObject().Select(static key => key.Name));
        Assert.Equal(JsonValueKind.Null, broadcast.GetProperty("omit_users").ValueKind);
    }

    [Fact]
    [Trait("Spec", "integration-26")]
    public async Task Nothing_of_ours_comes_before_the_greeting()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient first, _) = await gateway.ConnectAsync("a", "c1");
        using TestClient second = await gateway.DialAsync(token: "a");
        ScriptedSocket upstream = await gateway.Mattermost.AcceptAsync();
        gateway.Publish("early", GatewayUnderTest.ToUser("a"));
        await first.ReceiveAsync();
        await upstream.SendAsync(ScriptedSocket.Hello("c2", "a"));
        await gateway.Clients.UntilAsync("connected c2 a");
        gateway.Publish("late", GatewayUnderTest.ToUser("a"));

        Assert.Equal("hello", (await second.ReceiveAsync()).Event);
        TestClient.Frame next = await second.ReceiveAsync();
        Assert.Equal((1, "custom_com.mattermost.calls_late"), (next.Seq, next.Event));
    }

    [Fact]
    [Trait("Spec", "integration-28")]
    public async Task A_missing_event_breaks_the_connection_for_good()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await upstream.SendAsync(ScriptedSocket.Event("posted", 2));

        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Null(await upstream.ReceiveAsync());
        Assert.Equal(1, gateway.Counters.BrokenStreams);
        (_, ScriptedSocket again) = await gateway.ResumeAsync("a", "c1", 1);
        Assert.Equal("?connection_id=&sequence_number=0", again.Query);
    }

    [Fact]
    [Trait("Spec", "integration-29")]
    public async Task An_event_that_comes_twice_is_sent_once()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await upstream.SendAsync(ScriptedSocket.Event("one", 1));
        await upstream.SendAsync(ScriptedSocket.Event("one", 1));
        await upstream.SendAsync(ScriptedSocket.Event("two", 2));

        Assert.Equal("one", (await client.ReceiveAsync()).Event);
        TestClient.Frame second = await client.ReceiveAsync();
        Assert.Equal(("two", 2), (second.Event, second.Seq));
    }
}
