using Calls.Domain;
using Calls.Server.Signaling;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Delivery;

public sealed class EventDeliveryTests
{
    private const string Calls = "custom_com.mattermost.calls_";

    [Fact]
    [Trait("Spec", "integration-47")]
    public async Task A_channel_event_reaches_every_socket_of_members_and_nobody_else()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a", "b"];
        (TestClient main, _) = await gateway.ConnectAsync("a", "a1");
        (TestClient calls, _) = await gateway.ConnectAsync("a", "a2");
        (TestClient other, _) = await gateway.ConnectAsync("b", "b1");
        (TestClient stranger, _) = await gateway.ConnectAsync("c", "c1");
        gateway.Publish("one", GatewayUnderTest.ToChannel("ch"));
        gateway.Publish("end", GatewayUnderTest.ToUser("c"));
        gateway.Publish("two", GatewayUnderTest.ToChannel("ch"));

        foreach (TestClient member in new[] { main, calls, other })
        {
            await AssertNextAsync(member, "one");
            await AssertNextAsync(member, "two");
        }

        await AssertNextAsync(stranger, "end");

        // One question for all who were connected.
        Assert.Single(gateway.Mattermost.Requests, static request => request == "POST /api/v4/channels/ch/members/ids");
    }

    [Theory]
    [InlineData("""{"event":"user_removed","data":{"user_id":"b","remover_id":"a"},"broadcast":{"channel_id":"ch","user_id":""},"seq":1}""")]
    [InlineData("""{"event":"user_removed","data":{"channel_id":"ch","remover_id":"a"},"broadcast":{"channel_id":"","user_id":"b"},"seq":1}""")]
    [Trait("Spec", "integration-48")]
    public async Task Who_was_removed_gets_nothing_more_of_the_channel(string removed)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a", "b"];
        (TestClient a, ScriptedSocket upstreamA) = await gateway.ConnectAsync("a", "a1");
        (TestClient b, ScriptedSocket upstreamB) = await gateway.ConnectAsync("b", "b1");
        gateway.Publish("before", GatewayUnderTest.ToChannel("ch"));
        await AssertNextAsync(a, "before");
        await AssertNextAsync(b, "before");
        await upstreamB.SendAsync(removed);
        await upstreamA.SendAsync(removed);
        Assert.Equal("user_removed", (await b.ReceiveAsync()).Event);
        Assert.Equal("user_removed", (await a.ReceiveAsync()).Event);
        await gateway.Clients.UntilAsync("left b ch");

        gateway.Publish("after", GatewayUnderTest.ToChannel("ch"));
        gateway.Publish("personal", GatewayUnderTest.ToUser("b") with { Channel = new ChannelId("ch") });

        await AssertNextAsync(b, "personal");
        await AssertNextAsync(a, "after");
        Assert.True(gateway.Clients.HasNone);
    }

    [Fact]
    [Trait("Spec", "integration-49")]
    public async Task Who_was_added_gets_the_next_event()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a"];
        (TestClient a, _) = await gateway.ConnectAsync("a", "a1");
        (TestClient b, ScriptedSocket upstream) = await gateway.ConnectAsync("b", "b1");
        gateway.Publish("before", GatewayUnderTest.ToChannel("ch"));
        await AssertNextAsync(a, "before");
        await upstream.SendAsync("""{"event":"user_added","data":{"user_id":"b","team_id":"t"},"broadcast":{"channel_id":"ch","user_id":"b"},"seq":1}""");
        Assert.Equal("user_added", (await b.ReceiveAsync()).Event);

        gateway.Publish("after", GatewayUnderTest.ToChannel("ch"));

        await AssertNextAsync(b, "after");
    }

    [Fact]
    [Trait("Spec", "integration-50")]
    public async Task Leaving_a_team_ends_its_channels()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a", "b"];
        gateway.Mattermost.Members["dm"] = ["a", "b"];
        gateway.Mattermost.Routes["GET /api/v4/channels/ch"] = static context => ScriptedMattermost.JsonAsync(context, 200, new { id = "ch", type = "O", team_id = "t" });
        gateway.Mattermost.Routes["GET /api/v4/channels/dm"] = static context => ScriptedMattermost.JsonAsync(context, 200, new { id = "dm", type = "D", team_id = "" });
        (TestClient a, _) = await gateway.ConnectAsync("a", "a1");
        (TestClient b, ScriptedSocket upstream) = await gateway.ConnectAsync("b", "b1");
        foreach (string channel in new[] { "ch", "dm" })
        {
            gateway.Publish("before", GatewayUnderTest.ToChannel(channel));
            await AssertNextAsync(a, "before");
            await AssertNextAsync(b, "before");
        }

        await upstream.SendAsync("""{"event":"leave_team","data":{"user_id":"b","team_id":"t"},"broadcast":{"user_id":"b"},"seq":1}""");
        Assert.Equal("leave_team", (await b.ReceiveAsync()).Event);
        await gateway.Clients.UntilAsync("left b ch");
        gateway.Publish("after", GatewayUnderTest.ToChannel("ch"));
        gateway.Publish("direct", GatewayUnderTest.ToUser("b"));

        await AssertNextAsync(a, "after");
        await AssertNextAsync(b, "direct");
        Assert.True(gateway.Clients.HasNone);
    }

    [Fact]
    [Trait("Spec", "integration-51")]
    [Trait("Spec", "integration-53")]
    public async Task Users_connections_and_omissions_are_kept_apart()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a", "b"];
        (TestClient a1, _) = await gateway.ConnectAsync("a", "a1");
        (TestClient a2, _) = await gateway.ConnectAsync("a", "a2");
        (TestClient b, _) = await gateway.ConnectAsync("b", "b1");
        gateway.Publish("user", GatewayUnderTest.ToUser("a") with { Channel = new ChannelId("ch"), OmitUsers = [new UserId("a")] });
        gateway.Publish("omitted", GatewayUnderTest.ToChannel("ch") with { OmitConnection = new ConnectionId("a1") });
        gateway.Publish("one", GatewayUnderTest.ToConnection("a1"));
        gateway.Publish("not-b", GatewayUnderTest.ToChannel("ch") with { OmitUsers = [new UserId("b")] });
        gateway.Publish("nobody", new EventTarget());
        gateway.Publish("all", GatewayUnderTest.ToChannel("ch"));

        TestClient.Frame first = await a1.ReceiveAsync();
        Assert.Equal("ch", first.Json.GetProperty("broadcast").GetProperty("channel_id").GetString());
        Assert.Equal(["one", "not-b", "all"], await NextAsync(a1, 3));
        Assert.Equal(["user", "omitted", "not-b", "all"], await NextAsync(a2, 4));
        Assert.Equal(["omitted", "all"], await NextAsync(b, 2));
    }

    [Fact]
    public async Task Events_keep_their_order_while_membership_is_asked_for()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        var released = new TaskCompletionSource();
        gateway.Mattermost.Routes["POST /api/v4/channels/ch/members/ids"] = async context =>
        {
            await released.Task;
            await ScriptedMattermost.JsonAsync(context, 200, new[] { new { user_id = "a" } });
        };
        (TestClient a, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "a1");
        gateway.Publish("call_start", GatewayUnderTest.ToChannel("ch"));
        gateway.Publish("join", GatewayUnderTest.ToConnection("a1"));
        gateway.Publish("user_joined", GatewayUnderTest.ToChannel("ch"));
        await upstream.SendAsync(ScriptedSocket.Event("posted", 1));

        // What Mattermost sends does not wait.
        Assert.Equal("posted", (await a.ReceiveAsync()).Event);
        released.SetResult();
        Assert.Equal(["call_start", "join", "user_joined"], await NextAsync(a, 3));
    }

    [Fact]
    [Trait("Spec", "integration-56")]
    public async Task Without_an_answer_about_membership_nobody_sees_the_event()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(
            static options => options with { Timings = options.Timings with { FirstRetry = TimeSpan.Zero, SecondRetry = TimeSpan.Zero } });
        gateway.Mattermost.Routes["POST /api/v4/channels/ch/members/ids"] = static context => ScriptedMattermost.JsonAsync(context, 503, new { });
        (TestClient a, _) = await gateway.ConnectAsync("a", "a1");
        gateway.Publish("secret", GatewayUnderTest.ToChannel("ch"));
        gateway.Publish("join", GatewayUnderTest.ToConnection("a1"));

        await AssertNextAsync(a, "join");
        Assert.Equal(1, gateway.Counters.UnverifiedEvents);
    }

    [Fact]
    [Trait("Spec", "integration-55")]
    public async Task A_client_that_does_not_read_is_cut_off_alone()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        gateway.Mattermost.Members["ch"] = ["a", "b"];
        (TestClient slow, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "a1");
        (TestClient quick, _) = await gateway.ConnectAsync("b", "b1");
        string large = new('x', 256 * 1024);
        int sent = 0;
        while (gateway.Registry.Count == 2)
        {
            gateway.Publish("caption", GatewayUnderTest.ToChannel("ch"), new { text = large });
            gateway.Publish("user_voice_on", GatewayUnderTest.ToUser("a"), isDroppable: true);
            await AssertNextAsync(quick, "caption");
            Assert.True(++sent < 1000, "The slow client was never cut off.");
        }

        Assert.Null(await upstream.ReceiveAsync());
        Assert.True(gateway.Counters.DroppedEvents > 0);
        await gateway.Clients.UntilAsync("disconnected a1 a");
        Assert.True((await slow.ReceiveAllAsync()).Count <= sent);
    }

    private static async Task AssertNextAsync(TestClient client, string name) => Assert.Equal(Calls + name, (await client.ReceiveAsync()).Event);

    private static async Task<List<string>> NextAsync(TestClient client, int count)
    {
        var names = new List<string>();
        for (int read = 0; read < count; read++)
        {
            names.Add((await client.ReceiveAsync()).Event.Replace(Calls, "", StringComparison.Ordinal));
        }

        return names;
    }
}
