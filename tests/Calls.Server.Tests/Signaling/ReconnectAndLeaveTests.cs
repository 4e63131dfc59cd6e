using System.Text;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

public sealed class ReconnectAndLeaveTests
{
    [Fact]
    [Trait("Spec", "signaling-49")]
    public async Task A_short_outage_is_seen_by_nobody_and_signals_follow_the_client()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await alice.DisconnectAsync();
        await calls.AdvanceAsync(TimeSpan.FromSeconds(3));
        TestClient back = calls.Client(CallsHarness.Alice, "a2");
        await back.ReconnectAsync(alice);
        Assert.Empty(calls.Delivery.All);

        calls.Get<IMediaEvents>().OnSignal(alice.Session, Encoding.UTF8.GetBytes("{}"));
        Assert.Equal(back.Connection, back.Single("signal").Target.Connection);
        Assert.Equal("a1", back.Single("signal").Data.GetProperty("connID").GetString());

        await calls.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, (await calls.CallAsync())!.Sessions.Count);
    }

    [Fact]
    [Trait("Spec", "signaling-50")]
    public async Task Events_carry_the_session_and_not_the_new_connection()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await alice.DisconnectAsync();
        TestClient back = calls.Client(CallsHarness.Alice, "a2");
        await back.ReconnectAsync(alice);

        await back.SendAsync("unmute");

        Assert.Equal("a1", back.Single("user_unmuted").Data.GetProperty("session_id").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-51")]
    public async Task A_lost_socket_ends_the_session_after_10_s_without_media_and_after_35_s_with_it()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        TestClient carol = await calls.JoinedAsync(CallsHarness.Carol, "c1");
        TestClient again = await calls.JoinedAsync(CallsHarness.Carol, "c2");
        calls.Media.Silence[alice.Session] = TimeSpan.FromSeconds(9);
        calls.Media.Silence[bob.Session] = TimeSpan.FromSeconds(1);
        calls.Media.Silence[carol.Session] = TimeSpan.FromSeconds(1);

        await alice.DisconnectAsync();
        await bob.DisconnectAsync();
        await carol.DisconnectAsync();
        await calls.AdvanceAsync(TimeSpan.FromSeconds(9.9));
        Assert.Empty(calls.Delivery.All);

        await calls.AdvanceAsync(TimeSpan.FromSeconds(0.2));
        Assert.Equal("a1", again.Single("user_left").Data.GetProperty("session_id").GetString());
        Assert.Contains(alice.Session, calls.Media.Closed);
        calls.Delivery.Clear();

        await calls.AdvanceAsync(TimeSpan.FromSeconds(14.9));
        TestClient back = calls.Client(CallsHarness.Carol, "c3");
        await back.ReconnectAsync(carol);
        await calls.AdvanceAsync(TimeSpan.FromSeconds(9.9));
        Assert.Empty(calls.Delivery.All);

        await calls.AdvanceAsync(TimeSpan.FromSeconds(0.2));
        Assert.Equal("b1", again.Single("user_left").Data.GetProperty("session_id").GetString());

        await calls.AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["c1", "c2"], (await calls.CallAsync())!.Sessions.Keys.Select(id => id.Value).Order());
    }

    [Fact]
    [Trait("Spec", "signaling-52")]
    public async Task A_reconnect_after_the_end_of_the_session_is_answered_with_one_error()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.SendAsync("leave");
        CallState? before = await calls.CallAsync();
        calls.Delivery.Clear();

        TestClient back = calls.Client(CallsHarness.Alice, "a2");
        await back.ReconnectAsync(alice);

        AssertOnlyError(calls, "a2", "a1", "session not found in call state");
        Assert.Equal(before!.EventNumber, (await calls.CallAsync())!.EventNumber);
    }

    [Fact]
    [Trait("Spec", "signaling-53")]
    public async Task Nobody_takes_over_the_session_of_another_user()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = calls.Client(CallsHarness.Bob, "b1");

        await bob.ReconnectAsync(alice);
        AssertOnlyError(calls, "b1", "a1", "session not found in call state");

        await alice.SendAsync("unmute");
        Assert.Contains("user_unmuted", alice.Names);
    }

    [Fact]
    public async Task A_connection_with_a_session_does_not_take_a_second_one()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient first = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient second = await calls.JoinedAsync(CallsHarness.Alice, "a2");

        await second.ReconnectAsync(first);

        AssertOnlyError(calls, "a2", "a1", "session already reconnected");
    }

    [Theory]
    [InlineData("channelID")]
    [InlineData("originalConnID")]
    [InlineData("prevConnID")]
    public async Task A_reconnect_without_one_of_its_fields_is_dropped(string missing)
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        Dictionary<string, object?> data = new()
        {
            ["channelID"] = calls.Channel.Value,
            ["originalConnID"] = "a1",
            ["prevConnID"] = "a1",
        };
        data[missing] = "";

        await calls.Client(CallsHarness.Alice, "a2").SendAsync("reconnect", [.. data.Select(d => (d.Key, d.Value))]);

        Assert.Empty(calls.Delivery.All);
    }

    [Fact]
    [Trait("Spec", "signaling-54")]
    public async Task A_leave_right_after_a_reconnect_finds_its_session()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.DisconnectAsync();

        TestClient back = calls.Client(CallsHarness.Alice, "a2");
        back.Post(
            "reconnect", ("channelID", calls.Channel.Value), ("originalConnID", "a1"), ("prevConnID", "a1"));
        back.Post("leave");
        await calls.SettleAsync();

        Assert.Equal("a1", bob.Single("user_left").Data.GetProperty("session_id").GetString());
    }

    [Fact]
    public async Task Messages_right_after_a_reconnect_wait_for_it()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await alice.DisconnectAsync();

        TestClient back = calls.Client(CallsHarness.Alice, "a2");
        back.Post("reconnect", ("channelID", calls.Channel.Value), ("originalConnID", "a1"), ("prevConnID", "a1"));
        back.Post("ice", ("data", "1"));
        back.Post("ice", ("data", "2"));
        await calls.SettleAsync();

        Assert.Equal(["1", "2"], calls.Media.Sent.Select(sent => sent.Data));
    }

    [Fact]
    [Trait("Spec", "signaling-55")]
    public async Task Leaving_does_not_wait_for_the_socket()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await alice.SendAsync("leave");
        await alice.SendAsync("leave");

        Assert.Single(bob.Events, wireEvent => wireEvent.Name == "user_left");
        await alice.DisconnectAsync();
        Assert.Single(bob.Events, wireEvent => wireEvent.Name == "user_left");
    }

    [Fact]
    public async Task Leaving_works_during_the_grace()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.DisconnectAsync();

        await alice.SendAsync("leave");

        Assert.Contains("user_left", bob.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-56")]
    public async Task Closed_media_ends_the_session_once_whatever_else_happens()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        calls.Get<IMediaEvents>().OnSessionClosed(alice.Session);
        calls.Get<IMediaEvents>().OnSessionClosed(alice.Session);
        alice.Post("leave");
        calls.Connections.Disconnected(alice.Connection, alice.User);
        calls.Connections.AuthEnded(alice.Connection, alice.User);
        await calls.SettleAsync();
        await calls.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.Single(bob.Events, wireEvent => wireEvent.Name == "user_left");
    }

    [Fact]
    [Trait("Spec", "signaling-57")]
    public async Task One_of_two_sessions_leaves_and_the_host_stays()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient first = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Alice, "a2");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await first.SendAsync("leave");

        Assert.Equal(["user_left"], bob.Names);
        Assert.Equal("a1", bob.Single("user_left").Data.GetProperty("session_id").GetString());
        Assert.Equal(CallsHarness.Alice, (await calls.CallAsync())!.Host);
    }

    [Fact]
    [Trait("Spec", "signaling-58")]
    public async Task The_last_to_leave_ends_the_call_without_a_word_and_the_post_shows_it()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        CallId ended = (await calls.CallAsync())!.Id;
        await calls.AdvanceAsync(TimeSpan.FromSeconds(90));
        await alice.SendAsync("leave");
        await bob.SendAsync("leave");

        Assert.DoesNotContain(calls.Delivery.All, wireEvent => wireEvent.Name == "call_end");
        Assert.Null(await calls.CallAsync());
        ChatPost post = calls.Host.Posts[new PostId("post1")];
        Assert.Equal("Call ended", post.Message);
        Assert.Equal(calls.Time.GetUtcNow().ToUnixTimeMilliseconds(), post.Props["end_at"]);
        Assert.Equal(["alice", "bob"], ((List<object?>)post.Props["participants"]!).Order());
        Assert.Empty(await calls.Store.GetEndingCallsAsync(CancellationToken.None));

        await alice.JoinAsync();
        Assert.NotEqual(ended, (await calls.CallAsync())!.Id);
    }

    [Fact]
    [Trait("Spec", "signaling-60")]
    public async Task The_earliest_to_join_follows_a_host_who_leaves()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.AdvanceAsync(TimeSpan.FromSeconds(1));
        TestClient carol = await calls.JoinedAsync(CallsHarness.Carol, "c1");
        await calls.AdvanceAsync(TimeSpan.FromSeconds(1));
        await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await alice.SendAsync("leave");

        Assert.Equal(["user_left", "call_host_changed"], carol.Names);
        Assert.Equal("carol", carol.Single("call_host_changed").Data.GetProperty("hostID").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-68")]
    public async Task A_user_removed_from_the_channel_is_out_of_its_call_and_told_by_name()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        calls.Host.Members.TryRemove((CallsHarness.Alice, calls.Channel), out _);

        calls.Connections.UserLeftChannel(CallsHarness.Alice, calls.Channel);
        await calls.SettleAsync();

        Assert.Contains(alice.Session, calls.Media.Closed);
        WireEvent told = alice.Single("user_left");
        Assert.Equal(CallsHarness.Alice, told.Target.User);
        Assert.Equal(calls.Channel.Value, told.Data.GetProperty("channelID").GetString());
        Assert.Equal(calls.Channel, bob.Single("user_left").Target.Channel);
    }

    [Fact]
    public async Task An_ended_login_ends_the_session_of_its_connection()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Alice, "a2");

        calls.Connections.AuthEnded(alice.Connection, alice.User);
        await calls.SettleAsync();

        Assert.Equal(["a2"], (await calls.CallAsync())!.Sessions.Keys.Select(id => id.Value));
        Assert.Contains(alice.Session, calls.Media.Closed);
    }

    [Fact]
    public async Task A_socket_lost_during_the_join_counts_from_the_end_of_the_join()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");

        alice.Post("join", ("channelID", calls.Channel.Value));
        calls.Connections.Disconnected(alice.Connection, alice.User);
        await calls.SettleAsync();
        Assert.NotNull(await calls.CallAsync());

        await calls.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Null(await calls.CallAsync());
    }

    [Fact]
    public async Task Connections_are_forgotten_with_their_sockets()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            TestClient client = calls.Client(CallsHarness.Bob, $"main{i}");
            await client.SendAsync("call_state", ("channelID", calls.Channel.Value));
            await client.DisconnectAsync();
        }

        Assert.Equal(0, calls.Get<ClientMessageDispatcher>().ConnectionCount);
    }

    private static void AssertOnlyError(CallsHarness calls, string connection, string connId, string text)
    {
        WireEvent error = Assert.Single(calls.Delivery.All);
        Assert.Equal("error", error.Name);
        Assert.Equal(new ConnectionId(connection), error.Target.Connection);
        Assert.Equal(connId, error.Data.GetProperty("connID").GetString());
        Assert.Equal(text, error.Data.GetProperty("data").GetString());
        calls.Delivery.Clear();
    }
}
