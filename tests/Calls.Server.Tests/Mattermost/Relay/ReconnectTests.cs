using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Relay;

public sealed class ReconnectTests
{
    [Fact]
    [Trait("Spec", "integration-30")]
    [Trait("Spec", "integration-31")]
    [Trait("Spec", "integration-32")]
    [Trait("Spec", "integration-33")]
    [Trait("Spec", "signaling-13")]
    public async Task A_client_that_comes_back_misses_nothing()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        var sent = new List<string>();
        for (int number = 1; number <= 5; number++)
        {
            await upstream.SendAsync(ScriptedSocket.Event($"e{number}", number));
            sent.Add((await client.ReceiveAsync()).Text);
        }

        gateway.Publish("six", GatewayUnderTest.ToConnection("c1"));
        sent.Add((await client.ReceiveAsync()).Text);
        client.Cut();
        Assert.Null(await upstream.ReceiveAsync());
        await gateway.Clients.NextAsync("disconnected c1 a");
        gateway.Publish("away-1", GatewayUnderTest.ToConnection("c1"));
        gateway.Publish("away-2", GatewayUnderTest.ToConnection("c1"));

        (TestClient back, ScriptedSocket resumed) = await gateway.ResumeAsync("a", "c1", 2);
        Assert.Equal("?connection_id=c1&sequence_number=6", resumed.Query);
        await resumed.SendAsync(ScriptedSocket.Event("queued", 6));
        await resumed.AnswerProbeAsync();

        for (int number = 2; number <= 6; number++)
        {
            Assert.Equal(sent[number - 1], (await back.ReceiveAsync()).Text);
        }

        await AssertNextAsync(back, 7, "queued");
        await AssertNextAsync(back, 8, "custom_com.mattermost.calls_away-1");
        await AssertNextAsync(back, 9, "custom_com.mattermost.calls_away-2");
        await gateway.Clients.NextAsync("connected c1 a");
        await resumed.SendAsync(ScriptedSocket.Event("on", 7));
        await AssertNextAsync(back, 10, "on");
    }

    [Fact]
    public async Task A_client_that_missed_nothing_continues_with_the_next_number()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();

        (TestClient back, ScriptedSocket resumed) = await gateway.ResumeAsync("a", "c1", 1);
        Assert.Equal("?connection_id=c1&sequence_number=1", resumed.Query);
        await resumed.AnswerProbeAsync();
        await resumed.SendAsync(ScriptedSocket.Event("one", 1));

        await AssertNextAsync(back, 1, "one");
    }

    [Theory]
    [InlineData("unknown", "3")]
    [InlineData("c1", "NaN")]
    [InlineData("c1", "0")]
    [InlineData("c1", "-1")]
    [InlineData("c1", "99")]
    [Trait("Spec", "integration-34")]
    [Trait("Spec", "integration-35")]
    [Trait("Spec", "signaling-14")]
    [Trait("Spec", "signaling-16")]
    public async Task What_cannot_be_resumed_starts_afresh_and_mattermost_does_not_see_it(string connection, string next)
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();

        (TestClient back, ScriptedSocket fresh) = await gateway.ResumeAsync("a", connection, next);

        Assert.Equal("?connection_id=&sequence_number=0", fresh.Query);
        await fresh.SendAsync(ScriptedSocket.Hello("c2", "a"));
        await AssertNextAsync(back, 0, "hello");
    }

    [Fact]
    [Trait("Spec", "integration-36")]
    public async Task A_number_older_than_the_ring_starts_afresh()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        for (int number = 1; number <= 129; number++)
        {
            await upstream.SendAsync(ScriptedSocket.Event("e", number));
            await client.ReceiveAsync();
        }

        client.Cut();
        await upstream.ReceiveAsync();

        // 2 to 129 are kept.
        (_, ScriptedSocket fresh) = await gateway.ResumeAsync("a", "c1", 1);
        Assert.Equal("?connection_id=&sequence_number=0", fresh.Query);
    }

    [Fact]
    [Trait("Spec", "integration-37")]
    public async Task A_mattermost_that_forgot_the_connection_greets_and_nothing_old_is_sent()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await upstream.SendAsync(ScriptedSocket.Event("one", 1));
        await client.ReceiveAsync();
        upstream.Cut();
        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Null(client.CloseCode);
        gateway.Publish("pending", GatewayUnderTest.ToConnection("c1"));

        (TestClient back, ScriptedSocket fresh) = await gateway.ResumeAsync("a", "c1", 1);
        Assert.Equal("?connection_id=c1&sequence_number=2", fresh.Query);
        await fresh.SendAsync(ScriptedSocket.Hello("c2", "a"));
        await fresh.AnswerProbeAsync();
        await fresh.SendAsync(ScriptedSocket.Event("new", 1));

        await AssertNextAsync(back, 0, "hello");
        await AssertNextAsync(back, 1, "new");
        await gateway.Clients.UntilAsync("connected c2 a");
        Assert.Equal("c2", gateway.Registry.All.Single().Id?.Value);
    }

    [Fact]
    [Trait("Spec", "integration-38")]
    public async Task Knowing_the_id_of_somebody_else_is_worth_nothing()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        gateway.Mattermost.Tokens["tb"] = "b";
        (TestClient thief, ScriptedSocket fresh) = await gateway.ResumeAsync("tb", "c1", 1);

        Assert.Equal("?connection_id=&sequence_number=0", fresh.Query);
        await fresh.SendAsync(ScriptedSocket.Hello("c2", "b"));
        await AssertNextAsync(thief, 0, "hello");

        // And the owner did not notice.
        await upstream.SendAsync(ScriptedSocket.Event("one", 1));
        await AssertNextAsync(client, 1, "one");
    }

    [Fact]
    [Trait("Spec", "integration-39")]
    public async Task Without_credentials_or_with_false_ones_nothing_is_replayed()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();
        using TestClient anonymous = await gateway.DialAsync("connection_id=c1&sequence_number=1");
        ScriptedSocket first = await gateway.Mattermost.AcceptAsync();
        using TestClient liar = await gateway.DialAsync("connection_id=c1&sequence_number=1", "false");
        ScriptedSocket second = await gateway.Mattermost.AcceptAsync();

        first.Cut();
        second.Cut();
        Assert.Empty(await anonymous.ReceiveAllAsync());
        Assert.Empty(await liar.ReceiveAllAsync());
        Assert.Equal("?connection_id=&sequence_number=0", first.Query);
        Assert.Equal("?connection_id=&sequence_number=0", second.Query);

        // The record is still there for its owner, whose session Mattermost does not confirm this time.
        (TestClient back, ScriptedSocket unproven) = await gateway.ResumeAsync("a", "c1", 1);
        unproven.Cut();
        Assert.Empty(await back.ReceiveAllAsync());
        (TestClient again, ScriptedSocket resumed) = await gateway.ResumeAsync("a", "c1", 1);
        await resumed.AnswerProbeAsync();
        gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
        await AssertNextAsync(again, 1, "custom_com.mattermost.calls_x");
    }

    [Fact]
    [Trait("Spec", "integration-40")]
    [Trait("Spec", "signaling-15")]
    public async Task A_client_that_notices_the_break_first_takes_its_connection_over()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        gateway.Publish("lost", GatewayUnderTest.ToConnection("c1"));
        string lost = (await client.ReceiveAsync()).Text;
        Task<string?> upstreamEnd = upstream.ReceiveAsync();

        (TestClient back, ScriptedSocket resumed) = await gateway.ResumeAsync("a", "c1", 1);

        Assert.Null(await upstreamEnd);
        Assert.Equal(1000, upstream.CloseCode);
        Assert.Empty(await client.ReceiveAllAsync());
        Assert.Equal("?connection_id=c1&sequence_number=1", resumed.Query);
        await resumed.AnswerProbeAsync();
        Assert.Equal(lost, (await back.ReceiveAsync()).Text);
    }

    [Fact]
    [Trait("Spec", "integration-41")]
    public async Task A_record_waits_five_minutes()
    {
        var time = new ManualTime();
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync(time: time);
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();
        await gateway.Clients.NextAsync("disconnected c1 a");
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(1, gateway.Registry.Count);
        time.Advance(TimeSpan.FromMinutes(2));
        await Poll.UntilAsync(() => gateway.Registry.Count == 0);

        (_, ScriptedSocket fresh) = await gateway.ResumeAsync("a", "c1", 1);
        Assert.Equal("?connection_id=&sequence_number=0", fresh.Query);
    }

    [Fact]
    [Trait("Spec", "integration-42")]
    public async Task Too_many_waiting_events_drop_the_record()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();
        await gateway.Clients.NextAsync("disconnected c1 a");
        for (int sent = 0; sent < 300; sent++)
        {
            gateway.Publish("voice", GatewayUnderTest.ToConnection("c1"), isDroppable: true);
        }

        for (int sent = 0; sent < 128; sent++)
        {
            gateway.Publish("x", GatewayUnderTest.ToConnection("c1"));
        }

        Assert.Equal(1, gateway.Registry.Count);
        gateway.Publish("one too many", GatewayUnderTest.ToConnection("c1"));
        await Poll.UntilAsync(() => gateway.Registry.Count == 0);
        Assert.Equal(1, gateway.Counters.Overflows);
    }

    [Fact]
    public async Task Only_one_of_two_that_resume_at_once_gets_the_connection()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        client.Cut();
        await upstream.ReceiveAsync();
        Task<TestClient> one = gateway.DialAsync("connection_id=c1&sequence_number=1", "a");
        Task<TestClient> two = gateway.DialAsync("connection_id=c1&sequence_number=1", "a");
        string[] queries = [(await gateway.Mattermost.AcceptAsync()).Query, (await gateway.Mattermost.AcceptAsync()).Query];
        await Task.WhenAll(one, two);

        // Either the second was turned away, or it took over from the first as from a dead client.
        Assert.Contains("?connection_id=c1&sequence_number=1", queries);
    }

    [Fact]
    public async Task Frames_that_mattermost_still_sent_before_the_resume_are_neither_lost_nor_doubled()
    {
        await using GatewayUnderTest gateway = await GatewayUnderTest.StartAsync();
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("a", "c1");
        await upstream.SendAsync(ScriptedSocket.Event("one", 1));
        await client.ReceiveAsync();
        client.Cut();
        await upstream.SendAsync(ScriptedSocket.Event("two", 2));
        await upstream.ReceiveAsync();

        (TestClient back, ScriptedSocket resumed) = await gateway.ResumeAsync("a", "c1", 2);
        bool wasRead = resumed.Query == "?connection_id=c1&sequence_number=3";
        Assert.True(wasRead || resumed.Query == "?connection_id=c1&sequence_number=2");
        if (!wasRead)
        {
            await resumed.SendAsync(ScriptedSocket.Event("two", 2));
        }

        await resumed.AnswerProbeAsync();
        await resumed.SendAsync(ScriptedSocket.Event("three", 3));
        await AssertNextAsync(back, 2, "two");
        await AssertNextAsync(back, 3, "three");
    }

    private static async Task AssertNextAsync(TestClient client, long seq, string name)
    {
        TestClient.Frame frame = await client.ReceiveAsync();
        Assert.Equal((seq, name), (frame.Seq, frame.Event));
    }
}
