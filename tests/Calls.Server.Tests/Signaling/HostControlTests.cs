using Calls.Domain;
using Calls.Domain.HostControl;
using Calls.Domain.Ports;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

public sealed class HostControlTests
{
    [Fact]
    [Trait("Spec", "signaling-61")]
    public async Task A_host_made_by_hand_is_host_again_on_return()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        Assert.Equal(HostActionResult.Done, await calls.HostControls.MakeHostAsync(calls.Channel, CallsHarness.Alice, CallsHarness.Bob, default));
        Assert.Equal(["call_host_changed"], alice.Names);
        calls.Delivery.Clear();

        await bob.SendAsync("leave");
        Assert.Equal(["user_left", "call_host_changed"], alice.Names);
        calls.Delivery.Clear();

        TestClient back = calls.Client(CallsHarness.Bob, "b2");
        await back.JoinAsync();
        Assert.Equal(["call_host_changed", "join", "user_joined", "call_state"], back.Names);
        Assert.Equal("bob", alice.Single("call_host_changed").Data.GetProperty("hostID").GetString());
        Assert.Equal(CallsHarness.Bob, (await calls.CallAsync())!.Host);
    }

    [Fact]
    [Trait("Spec", "signaling-62")]
    public async Task Muting_by_the_host_asks_the_user_and_changes_nothing_itself()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await bob.SendAsync("unmute");
        calls.Delivery.Clear();

        Assert.Equal(HostActionResult.Done, await calls.HostControls.MuteAsync(calls.Channel, CallsHarness.Alice, bob.Session, default));

        WireEvent asked = Assert.Single(calls.Delivery.All);
        Assert.Equal(("host_mute", CallsHarness.Bob), (asked.Name, asked.Target.User));
        Assert.Equal("b1", asked.Data.GetProperty("session_id").GetString());
        Assert.Equal(calls.Channel.Value, asked.Data.GetProperty("channel_id").GetString());
        Assert.True((await calls.CallAsync())!.Sessions[bob.Session].IsUnmuted);

        await bob.SendAsync("mute");
        Assert.False((await calls.CallAsync())!.Sessions[bob.Session].IsUnmuted);
        calls.Delivery.Clear();

        Assert.Equal(HostActionResult.Done, await calls.HostControls.MuteAsync(calls.Channel, CallsHarness.Alice, bob.Session, default));
        Assert.Empty(calls.Delivery.All);
    }

    [Fact]
    public async Task Who_does_not_obey_is_muted_all_the_same()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await bob.SendAsync("unmute");
        calls.Media.Sent.Clear();
        calls.Delivery.Clear();

        await calls.HostControls.MuteAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        Assert.Equal((bob.Session, MediaMessage.Mute, ""), Assert.Single(calls.Media.Sent));

        await calls.AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.False((await calls.CallAsync())!.Sessions[bob.Session].IsUnmuted);
        Assert.Equal(["user_muted"], alice.Names);
    }

    [Fact]
    public async Task Who_obeyed_may_speak_again()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await bob.SendAsync("unmute");
        await calls.HostControls.MuteAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);

        await bob.SendAsync("mute");
        await bob.SendAsync("unmute");
        await calls.AdvanceAsync(TimeSpan.FromSeconds(3));

        Assert.True((await calls.CallAsync())!.Sessions[bob.Session].IsUnmuted);
        Assert.Equal(MediaMessage.Unmute, calls.Media.Sent.Last().Message);
    }

    [Fact]
    public async Task A_screen_that_is_not_taken_down_is_not_shown_any_more()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await bob.SendAsync("screen_on", ("data", "{}"));
        calls.Media.Sent.Clear();
        calls.Delivery.Clear();

        await calls.HostControls.StopScreenShareAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        Assert.Equal((bob.Session, MediaMessage.ScreenOff, ""), Assert.Single(calls.Media.Sent));

        await calls.AdvanceAsync(TimeSpan.FromSeconds(3));
        Assert.Null((await calls.CallAsync())!.ScreenSharer);
        Assert.Equal(["user_screen_off"], alice.Names);
    }

    [Fact]
    public async Task Who_is_removed_is_not_heard_or_seen_from_then_on()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");
        await bob.SendAsync("unmute");
        await bob.SendAsync("screen_on", ("data", "{}"));
        calls.Media.Sent.Clear();

        await calls.HostControls.RemoveAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);

        Assert.Equal([MediaMessage.Mute, MediaMessage.VideoOff, MediaMessage.ScreenOff], calls.Media.Sent.Select(static sent => sent.Message));
    }

    [Fact]
    public async Task Muting_the_others_spares_every_session_of_the_host()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient[] clients =
        [
            await calls.JoinedAsync(CallsHarness.Alice, "a1"),
            await calls.JoinedAsync(CallsHarness.Alice, "a2"),
            await calls.JoinedAsync(CallsHarness.Bob, "b1"),
            await calls.JoinedAsync(CallsHarness.Carol, "c1"),
        ];
        foreach (TestClient client in clients[..3])
        {
            await client.SendAsync("unmute");
        }

        calls.Delivery.Clear();
        Assert.Equal(HostActionResult.Done, await calls.HostControls.MuteOthersAsync(calls.Channel, CallsHarness.Alice, default));

        Assert.Equal("b1", Assert.Single(calls.Delivery.All).Data.GetProperty("session_id").GetString());
    }

    [Fact]
    public async Task Screens_and_hands_are_asked_for_only_if_they_are_up()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await calls.HostControls.StopScreenShareAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        await calls.HostControls.LowerHandAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        Assert.Empty(calls.Delivery.All);

        await bob.SendAsync("raise_hand");
        await bob.SendAsync("screen_on", ("data", "{}"));
        calls.Delivery.Clear();
        await calls.HostControls.StopScreenShareAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        await calls.HostControls.LowerHandAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);

        Assert.Equal(["host_screen_off", "host_lower_hand"], bob.Names);
        Assert.Equal("alice", bob.Single("host_lower_hand").Data.GetProperty("host_id").GetString());
        Assert.Equal((await calls.CallAsync())!.Id.Value, bob.Single("host_lower_hand").Data.GetProperty("call_id").GetString());
    }

    [Fact]
    [Trait("Spec", "signaling-63")]
    public async Task A_removed_client_that_stays_is_out_after_3_s()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        await calls.HostControls.RemoveAsync(calls.Channel, CallsHarness.Alice, bob.Session, default);
        Assert.Equal(["host_removed"], alice.Names);
        Assert.Equal(["host_removed"], bob.Names);
        Assert.Equal("bob", bob.Single("host_removed").Data.GetProperty("user_id").GetString());

        await calls.AdvanceAsync(TimeSpan.FromSeconds(2.9));
        Assert.DoesNotContain(bob.Session, calls.Media.Closed);
        await calls.AdvanceAsync(TimeSpan.FromSeconds(0.2));
        Assert.Contains(bob.Session, calls.Media.Closed);
        Assert.Equal(["host_removed", "user_left"], alice.Names);
    }

    [Fact]
    [Trait("Spec", "signaling-64")]
    public async Task Ending_a_call_is_announced_at_once_and_enforced_after_5_s()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await calls.JoinedAsync(CallsHarness.Bob, "b1");

        Assert.Equal(HostActionResult.Done, await calls.HostControls.EndAsync(calls.Channel, CallsHarness.Alice, default));
        Assert.Equal(["call_end"], calls.Client(CallsHarness.Carol, "main").Names);
        await alice.SendAsync("leave");

        await calls.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Null(await calls.CallAsync());
        Assert.Contains(bob.Session, calls.Media.Closed);
        Assert.Equal("Call ended", calls.Host.Posts[new PostId("post1")].Message);
    }

    [Fact]
    public async Task A_call_that_ended_by_itself_is_not_touched_again_and_its_successor_lives()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        TestClient alice = await calls.JoinedAsync(CallsHarness.Alice, "a1");
        await calls.HostControls.EndAsync(calls.Channel, CallsHarness.Alice, default);
        await alice.SendAsync("leave");
        object? endAt = calls.Host.Posts[new PostId("post1")].Props["end_at"];
        await calls.JoinedAsync(CallsHarness.Alice, "a2");

        await calls.AdvanceAsync(TimeSpan.FromSeconds(6));

        Assert.Equal(endAt, calls.Host.Posts[new PostId("post1")].Props["end_at"]);
        Assert.NotNull(await calls.CallAsync());
    }

    [Fact]
    public async Task Only_the_host_and_administrators_control_a_call()
    {
        await using CallsHarness calls = await CallsHarness.StartAsync();
        SessionId alice = (await calls.JoinedAsync(CallsHarness.Alice, "a1")).Session;
        await calls.JoinedAsync(CallsHarness.Bob, "b1");
        HostControls controls = calls.HostControls;

        Assert.Equal(HostActionResult.NoPermissions, await controls.MuteAsync(calls.Channel, CallsHarness.Bob, alice, default));
        Assert.Equal(HostActionResult.NoPermissions, await controls.MuteOthersAsync(calls.Channel, CallsHarness.Bob, default));
        Assert.Equal(HostActionResult.NoPermissions, await controls.MakeHostAsync(calls.Channel, CallsHarness.Bob, CallsHarness.Bob, default));
        Assert.Equal(HostActionResult.NoPermissions, await controls.RemoveAsync(calls.Channel, CallsHarness.Bob, alice, default));
        Assert.Equal(HostActionResult.NoPermissions, await controls.EndAsync(calls.Channel, CallsHarness.Bob, default));
        Assert.Empty(calls.Delivery.All);

        calls.Host.SystemAdmins[CallsHarness.Bob] = 0;
        Assert.Equal(HostActionResult.Done, await controls.MakeHostAsync(calls.Channel, CallsHarness.Bob, CallsHarness.Bob, default));
        Assert.Equal(HostActionResult.BotNotAllowed, await controls.MakeHostAsync(calls.Channel, CallsHarness.Bob, calls.Host.BotUserId, default));
        Assert.Equal(HostActionResult.NotInCall, await controls.MakeHostAsync(calls.Channel, CallsHarness.Bob, CallsHarness.Carol, default));
        Assert.Equal(HostActionResult.NoCallOngoing, await controls.EndAsync(new ChannelId("none"), CallsHarness.Bob, default));
    }
}
