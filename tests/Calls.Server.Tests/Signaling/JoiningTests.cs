using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

public sealed class JoiningTests
{
    [Fact]
    [Trait("Spec", "signaling-17")]
    public async Task The_first_join_starts_the_call_in_order_and_posts_it()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");

        await alice.SendAsync("join", ("channelID", calls.Channel.Value), ("title", "stand-up"));

        Assert.Equal(["call_host_changed", "call_start", "join", "user_joined", "call_state"], alice.Names);
        Assert.Equal("a1", alice.Single("join").Data.GetProperty("connID").GetString());
        (HostAuth auth, ChatPost post) = Assert.Single(calls.Host.Created);
        Assert.Same(alice.Auth, auth);
        Assert.Equal("custom_calls", post.Type);
        Assert.Equal("alice started a call", post.Message);
        Assert.Equal("stand-up", post.Props["title"]);
        Assert.Equal(post.Id.Value, alice.Single("call_start").Data.GetProperty("post_id").GetString());
        Assert.Equal(post.Id.Value, alice.Single("call_start").Data.GetProperty("thread_id").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-18")]
    public async Task Members_outside_the_call_hear_of_its_start_and_of_joins_only()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();

        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();

        TestClient bob = calls.Client(CallsHarness.Bob, "main");
        Assert.Equal(["call_start", "user_joined"], bob.Names);
        Assert.All(bob.Events, received =>
        {
            Assert.Equal(calls.Channel, received.Target.Channel);
            Assert.Equal(calls.Channel.Value, received.Data.GetProperty("channelID").GetString());
        });
    }

    [Fact]
    [Trait("Spec", "signaling-19")]
    public async Task A_later_join_reaches_every_socket_of_those_in_the_call()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");

        TestClient bob = calls.Client(CallsHarness.Bob, "b1");
        await bob.JoinAsync();

        Assert.Equal(["join", "user_joined", "call_state"], bob.Names);
        Assert.Equal(["user_joined"], calls.Client(CallsHarness.Alice, "a1").Names);
        Assert.Equal(["user_joined"], calls.Client(CallsHarness.Alice, "main").Names);
        Assert.DoesNotContain(calls.Delivery.All, wireEvent => wireEvent.Name == "call_start");
    }

    [Fact]
    [Trait("Spec", "signaling-20")]
    public async Task Without_the_right_to_post_one_error_goes_to_that_connection()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Host.Denied[(CallsHarness.Alice, ChannelPermission.CreatePost)] = 0;

        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();

        AssertOnlyError(calls, "a1", "forbidden");
    }

    [Fact]
    [Trait("Spec", "signaling-21")]
    public async Task Archived_channels_have_no_calls()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Host.Channels[calls.Channel] = calls.Host.Channels[calls.Channel] with { DeleteAt = 1 };

        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();

        AssertOnlyError(calls, "a1", "cannot join call in archived channel");
    }

    [Theory]
    [InlineData("reply", "thread is not a root post")]
    [InlineData("elsewhere", "forbidden")]
    [InlineData("deleted", "cannot attach call to deleted thread")]
    [InlineData("unknown", "Unable to get the post.")]
    [Trait("Spec", "signaling-22")]
    public async Task A_call_is_attached_only_to_a_living_root_post_of_the_channel(string thread, string error)
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        AddPost(calls, "reply", calls.Channel, root: "root");
        AddPost(calls, "elsewhere", new ChannelId("another"));
        AddPost(calls, "deleted", calls.Channel, deleteAt: 5);

        await calls.Client(CallsHarness.Alice, "a1").SendAsync("join", ("channelID", calls.Channel.Value), ("threadID", thread));

        AssertOnlyError(calls, "a1", error);
    }

    [Fact]
    public async Task A_call_attached_to_a_thread_keeps_it_beside_its_own_post()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        AddPost(calls, "root", calls.Channel);
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");

        await alice.SendAsync("join", ("channelID", calls.Channel.Value), ("threadID", "root"));

        Assert.Equal("root", alice.Single("call_start").Data.GetProperty("thread_id").GetString());
        Assert.Equal("post1", alice.Single("call_start").Data.GetProperty("post_id").GetString());
        Assert.Equal(new PostId("root"), calls.Host.Posts[new PostId("post1")].Root);
    }

    [Fact]
    [Trait("Spec", "signaling-23")]
    public async Task In_test_mode_only_administrators_start_calls_and_are_told_so()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync(new CallsSettings());
        calls.Host.SystemAdmins[CallsHarness.Bob] = 0;

        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();
        AssertOnlyError(calls, "a1", "insufficient permissions");

        TestClient bob = calls.Client(CallsHarness.Bob, "b1");
        await bob.JoinAsync();
        Assert.Contains("call_start", bob.Names);
        (UserId user, ChannelId channel, string message) = Assert.Single(calls.Host.Ephemeral);
        Assert.Equal((CallsHarness.Bob, calls.Channel), (user, channel));
        Assert.StartsWith("Currently calls are not enabled for non-admin users.", message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Spec", "signaling-24")]
    public async Task A_running_call_may_be_joined_where_calls_are_disabled()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.Store.PutChannelAsync(new CallsChannel(calls.Channel, false), CancellationToken.None);

        TestClient bob = calls.Client(CallsHarness.Bob, "b1");
        await bob.JoinAsync();

        Assert.Contains("join", bob.Names);
    }

    [Fact]
    public async Task A_disabled_channel_starts_no_call_and_an_enabled_one_does_in_test_mode()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync(new CallsSettings());
        await calls.Store.PutChannelAsync(new CallsChannel(calls.Channel, false), CancellationToken.None);
        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();
        AssertOnlyError(calls, "a1", "calls are disabled in the channel");

        await calls.Store.PutChannelAsync(new CallsChannel(calls.Channel, true), CancellationToken.None);
        await calls.Client(CallsHarness.Alice, "a2").JoinAsync();
        Assert.Contains("join", calls.Client(CallsHarness.Alice, "a2").Names);
        Assert.Empty(calls.Host.Ephemeral);
    }

    [Fact]
    [Trait("Spec", "signaling-25")]
    public async Task The_limit_counts_sessions_not_users()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync(
            new CallsSettings { DefaultEnabled = true, MaxCallParticipants = 2 });
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.JoinedAsync(CallsHarness.Alice, "a2");

        await calls.Client(CallsHarness.Bob, "b1").JoinAsync();

        AssertOnlyError(calls, "b1", "user cannot join because of limits");
    }

    [Fact]
    [Trait("Spec", "signaling-26")]
    public async Task A_second_join_on_a_connection_is_refused_and_the_session_goes_on()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.JoinAsync();
        AssertOnlyError(calls, "a1", "session is already connected");

        await alice.SendAsync("raise_hand");
        Assert.Equal(["user_raise_hand"], alice.Names);
    }

    [Fact]
    public async Task A_connection_has_a_session_in_one_call_only()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        ChannelId other = new("other");
        calls.Host.AddChannel(other, CallsHarness.Alice);
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");

        await alice.SendAsync("join", ("channelID", other.Value));

        WireEvent error = Assert.Single(calls.Delivery.All);
        Assert.StartsWith("failed to create call session: ", error.Data.GetProperty("data").GetString(), StringComparison.Ordinal);
        Assert.Null(await calls.Store.GetActiveCallAsync(other, CancellationToken.None));
        calls.Delivery.Clear();
    }

    [Fact]
    [Trait("Spec", "signaling-27")]
    public async Task A_join_without_a_channel_is_dropped()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();

        await calls.Client(CallsHarness.Alice, "a1").SendAsync("join");
        await calls.Client(CallsHarness.Alice, "a1").SendAsync("join", ("channelID", 5L));

        Assert.Empty(calls.Delivery.All);
    }

    [Fact]
    public async Task The_bot_needs_a_job_and_one_that_is_active()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bot = calls.Client(calls.Host.BotUserId, "bot1");

        await bot.JoinAsync();
        AssertOnlyError(calls, "bot1", "JobID should not be empty for bot connections");

        await bot.SendAsync("join", ("channelID", calls.Channel.Value), ("jobID", "job"));
        AssertOnlyError(calls, "bot1", "no job in progress");
    }

    [Fact]
    [Trait("Spec", "signaling-31")]
    public async Task A_join_without_media_leaves_nothing_behind()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Media.Failure = "no sockets left";
        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();

        AssertOnlyError(calls, "a1", "failed to init session: no sockets left");
        Assert.Null(await calls.CallAsync());
        Assert.Empty(calls.Host.Created);

        calls.Media.Failure = null;
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        calls.Media.Failure = "no sockets left";
        await calls.Client(CallsHarness.Bob, "b1").JoinAsync();

        AssertOnlyError(calls, "b1", "failed to init session: no sockets left");
        Assert.Equal(["a1"], (await calls.CallAsync())!.Sessions.Keys.Select(id => id.Value));
    }

    [Fact]
    public async Task Media_that_never_answers_counts_as_failed()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Media.Ready = new TaskCompletionSource().Task;
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");
        alice.Post("join", ("channelID", calls.Channel.Value));

        await calls.ExpireAsync(TimeSpan.FromSeconds(3.5));
        await calls.SettleAsync();

        AssertOnlyError(calls, "a1", "failed to init session: context deadline exceeded");
    }

    [Fact]
    public async Task A_call_goes_on_without_its_post()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Host.FailsPosts = true;
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");

        await alice.JoinAsync();

        Assert.Equal(["call_host_changed", "call_start", "join", "user_joined", "call_state"], alice.Names);
        Assert.Equal("", alice.Single("call_start").Data.GetProperty("post_id").GetString());
        Assert.Equal("", alice.Single("call_start").Data.GetProperty("thread_id").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_post_is_attached_and_shows_the_end_of_a_call_that_was_shorter(bool endsFirst)
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TaskCompletionSource ready = new();
        calls.Host.PostsReady = ready.Task;
        TestClient alice = calls.Client(CallsHarness.Alice, "a1");
        alice.Post("join", ("channelID", calls.Channel.Value));
        await calls.ExpireAsync(TimeSpan.FromSeconds(3));
        await calls.WaitForAsync("call_state");
        Assert.Equal("", alice.Single("call_start").Data.GetProperty("post_id").GetString());
        if (endsFirst)
        {
            alice.Post("leave");
            await calls.WaitForAsync("user_left");
        }

        ready.SetResult();
        await calls.SettleAsync();

        if (endsFirst)
        {
            Assert.Equal("Call ended", calls.Host.Posts[new PostId("post1")].Message);
        }
        else
        {
            Assert.Equal("post1", (await alice.StateAsync()).GetProperty("post_id").GetString());
        }
    }

    [Fact]
    public async Task What_Mattermost_says_is_the_error()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        calls.Host.IsAway = true;

        await calls.Client(CallsHarness.Alice, "a1").JoinAsync();

        AssertOnlyError(calls, "a1", "Mattermost is away.");
    }

    private static void AddPost(CallsHarness calls, string id, ChannelId channel, string? root = null, long deleteAt = 0) =>
        calls.Host.Posts[new PostId(id)] = new ChatPost(
            new PostId(id), channel, root is null ? null : new PostId(root), CallsHarness.Alice, "", "", new Dictionary<string, object?>(), deleteAt);

    private static void AssertOnlyError(CallsHarness calls, string connection, string text)
    {
        WireEvent error = Assert.Single(calls.Delivery.All);
        Assert.Equal("error", error.Name);
        Assert.Equal(new EventTarget { Connection = new ConnectionId(connection) }, error.Target with { OmitUsers = error.Target.OmitUsers });
        Assert.Equal(connection, error.Data.GetProperty("connID").GetString());
        Assert.Equal(text, error.Data.GetProperty("data").GetString());
        calls.Delivery.Clear();
    }
}
