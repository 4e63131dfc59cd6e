using Calls.Domain;

namespace Calls.Server.Tests.Signaling;

public sealed class RestartTests
{
    [Fact]
    [Trait("Spec", "modes-1")]
    public async Task A_call_survives_a_restart_for_a_minute_unless_it_is_to_be_ended()
    {
        (CallId before, FakeChatHost host, string database) = await LeaveRunningAsync();

        await using (CallsHarness kept = await CallsHarness.StartAsync(database: database, host: host, keepsDatabase: true))
        {
            await kept.AdvanceAsync(TimeSpan.FromSeconds(59));
            TestClient bob = kept.Client(CallsHarness.Bob, "b2");
            await bob.JoinAsync();
            Assert.Equal(before, (await kept.CallAsync())!.Id);
            Assert.DoesNotContain("call_start", bob.Names);
        }

        await using CallsHarness ended = await CallsHarness.StartAsync(database: database, host: host, endCallsOnStart: true);
        Assert.Null(await ended.CallAsync());
        Assert.Equal("Call ended", host.Posts[new PostId("post1")].Message);
        await ended.Client(CallsHarness.Bob, "b3").JoinAsync();
        Assert.NotEqual(before, (await ended.CallAsync())!.Id);
    }

    [Fact]
    public async Task Nobody_comes_back_and_the_call_ends_after_a_minute()
    {
        (_, FakeChatHost host, string database) = await LeaveRunningAsync();
        await using CallsHarness calls = await CallsHarness.StartAsync(database: database, host: host);

        await calls.AdvanceAsync(TimeSpan.FromSeconds(59));
        Assert.Equal(2, (await calls.CallAsync())!.Sessions.Count);
        calls.Delivery.Clear();

        await calls.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.Null(await calls.CallAsync());
        Assert.Equal(2, calls.Client(CallsHarness.Carol, "main").Names.Count(name => name == "user_left"));
        Assert.Equal("Call ended", host.Posts[new PostId("post1")].Message);
    }

    [Fact]
    public async Task Who_comes_back_appears_once_and_the_host_stays()
    {
        (CallId before, FakeChatHost host, string database) = await LeaveRunningAsync();
        await using CallsHarness calls = await CallsHarness.StartAsync(database: database, host: host);
        calls.Delivery.Clear();

        TestClient alice = calls.Client(CallsHarness.Alice, "a2");
        await alice.JoinAsync();

        Assert.Equal(["user_left", "join", "user_joined", "call_state"], alice.Names);
        Assert.Equal("a1", alice.Single("user_left").Data.GetProperty("session_id").GetString());
        CallState call = (await calls.CallAsync())!;
        Assert.Equal((before, CallsHarness.Alice), (call.Id, call.Host));
        Assert.Equal(new PostId("post1"), call.Post);
        Assert.Single(host.Created);

        await alice.SendAsync("leave");
        await calls.AdvanceAsync(TimeSpan.FromSeconds(30));
        Assert.NotNull(await calls.CallAsync());
        await calls.AdvanceAsync(TimeSpan.FromSeconds(31));
        Assert.Null(await calls.CallAsync());
    }

    [Fact]
    public async Task A_client_that_reconnects_after_a_restart_can_leave()
    {
        (_, FakeChatHost host, string database) = await LeaveRunningAsync();
        await using CallsHarness calls = await CallsHarness.StartAsync(database: database, host: host);
        TestClient back = calls.Client(CallsHarness.Alice, "a2");

        await back.ReconnectAsync(calls.Client(CallsHarness.Alice, "a1"));
        await back.SendAsync("leave");

        Assert.Equal(["b1"], (await calls.CallAsync())!.Sessions.Keys.Select(id => id.Value));
    }

    [Fact]
    public async Task Screen_and_cameras_are_off_after_a_restart()
    {
        (_, FakeChatHost host, string database) = await LeaveRunningAsync();
        await using CallsHarness calls = await CallsHarness.StartAsync(database: database, host: host, later: TimeSpan.FromSeconds(30));

        CallState call = (await calls.CallAsync())!;

        Assert.Null(call.ScreenSharer);
        Assert.All(call.Sessions.Values, session => Assert.False(session.HasVideo));
        Assert.Equal(["user_screen_off", "user_video_off"], calls.Client(CallsHarness.Alice, "main").Names);
        Assert.Equal(30, call.Statistics.ScreenDuration);
        Assert.Equal(30, call.Statistics.VideoDuration);
    }

    private static async Task<(CallId Call, FakeChatHost Host, string Database)> LeaveRunningAsync()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync(keepsDatabase: true);
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await alice.SendAsync("screen_on", ("data", "{}"));
        await bob.SendAsync("video_on", ("data", "{}"));
        return ((await calls.CallAsync())!.Id, calls.Host, calls.Database);
    }
}
