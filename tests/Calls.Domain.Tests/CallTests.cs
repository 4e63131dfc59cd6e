using Calls.Domain.Events;

namespace Calls.Domain.Tests;

public sealed class CallTests
{
    private static readonly UserId Bot = new("bot");
    private static readonly UserId Alice = new("alice");
    private static readonly UserId Bob = new("bob");
    private static readonly UserId Carol = new("carol");

    [Fact]
    public void The_first_user_is_host_and_keeps_the_role()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));

        Assert.Equal(Alice, call.State.Host);
    }

    [Fact]
    public void A_host_with_another_session_stays_host()
    {
        Call call = CallOf((Alice, "a1", 1), (Alice, "a2", 2), (Bob, "b1", 3));

        call.Remove(new SessionId("a1"), 10);

        Assert.Equal(Alice, call.State.Host);
        Assert.Equal([typeof(UserLeft)], TypesOf(call));
    }

    [Fact]
    public void Bots_are_never_host_and_are_counted_by_nobody()
    {
        Call call = CallOf((Alice, "a1", 2), (Bot, "bot", 1));

        call.Remove(new SessionId("a1"), 10);

        IReadOnlyList<CallEvent> events = call.TakeEvents();
        HostChanged changed = Assert.IsType<HostChanged>(events[1]);
        Assert.Null(changed.Host);
        Assert.Empty(Assert.IsType<EventAudience.OfParticipants>(changed.Audience).Users);
        Assert.Equal(0, call.State.EndAt);
        Assert.DoesNotContain(Bot, call.State.Participants);

        call.Remove(new SessionId("bot"), 20);
        Assert.Empty(call.TakeEvents());
        Assert.Equal(20, call.State.EndAt);
    }

    [Fact]
    public void Making_the_host_host_again_only_locks_the_role()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));

        call.MakeHost(Alice);

        Assert.Empty(call.TakeEvents());
        Assert.Equal(Alice, call.State.LockedHost);
    }

    [Fact]
    public void A_locked_host_who_left_waits_for_the_return()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2), (Carol, "c1", 3));
        call.MakeHost(Carol);
        call.Remove(new SessionId("c1"), 10);
        Assert.Equal(Alice, call.State.Host);
        call.TakeEvents();

        call.AddSession(new SessionId("c2"), new ConnectionId("c2"), Carol, 20);

        Assert.Equal(Carol, call.State.Host);
        Assert.Equal([typeof(HostChanged)], TypesOf(call));
    }

    [Fact]
    public void Removal_has_its_effects_in_order()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));
        call.StartScreenShare(new SessionId("a1"), 1_000);
        call.StartVideo(new SessionId("a1"), 1_000);
        call.TakeEvents();

        call.Remove(new SessionId("a1"), 11_000);

        IReadOnlyList<CallEvent> events = call.TakeEvents();
        Assert.Equal([typeof(ScreenShareLost), typeof(SessionChanged), typeof(UserLeft), typeof(HostChanged)], events.Select(e => e.GetType()));
        Assert.Equal([Bob], Assert.IsType<EventAudience.OfParticipants>(events[0].Audience).Users);
    }

    [Fact]
    public void Nobody_is_told_as_a_participant_of_an_empty_call()
    {
        Call call = CallOf((Alice, "a1", 1));
        call.StartScreenShare(new SessionId("a1"), 1_000);
        call.TakeEvents();

        call.Remove(new SessionId("a1"), 2_000);

        Assert.Equal([typeof(UserLeft)], TypesOf(call));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-11")]
    public void Screen_shares_add_up()
    {
        Call call = CallOf((Alice, "a1", 1));
        SessionId session = new("a1");
        call.StartScreenShare(session, 0);
        call.StopScreenShare(session, 10_000);
        call.StartScreenShare(session, 20_000);
        call.StopScreenShare(session, 25_000);

        Assert.Equal(15, call.State.Statistics.ScreenDuration);
        Assert.True(call.State.Statistics.HasUsedScreenShare);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-12")]
    public void Video_counts_once_per_participant()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));
        call.StartVideo(new SessionId("a1"), 0);
        call.StartVideo(new SessionId("b1"), 0);
        call.StopVideo(new SessionId("a1"), 10_000);
        call.Remove(new SessionId("b1"), 10_000);

        Assert.Equal(20, call.State.Statistics.VideoDuration);
        Assert.True(call.State.Statistics.HasUsedVideo);
    }

    [Fact]
    public void The_end_clears_what_only_a_running_call_has()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));
        call.Dismiss(Carol);
        call.MakeHost(Bob);
        call.StartScreenShare(new SessionId("a1"), 0);
        call.StartVideo(new SessionId("b1"), 0);

        call.ForceEnd(10_000);

        CallState ended = call.State;
        Assert.Equal((10_000, CallPhase.Ending), (ended.EndAt, ended.Phase));
        Assert.Null(ended.Host);
        Assert.Null(ended.ScreenSharer);
        Assert.Empty(ended.Sessions);
        Assert.Empty(ended.Dismissed);
        Assert.Empty(ended.VideoStartAt);
        Assert.Equal(["alice", "bob"], ended.Participants.Select(user => user.Value).Order());
        Assert.Equal(Bob, ended.LockedHost);
        Assert.Equal((10, 10), (ended.Statistics.ScreenDuration, ended.Statistics.VideoDuration));
    }

    [Fact]
    public void A_join_that_is_taken_back_gives_the_host_role_back()
    {
        Call call = CallOf((Alice, "a1", 1), (Bob, "b1", 2));
        call.MakeHost(Bob);
        call.Remove(new SessionId("b1"), 5);

        call.AddSession(new SessionId("b2"), new ConnectionId("b2"), Bob, 6);
        call.CancelJoin(new SessionId("b2"));

        Assert.Equal(Alice, call.State.Host);
        Assert.Single(call.State.Sessions);
    }

    [Fact]
    public void Random_actions_keep_the_rules()
    {
        const int seed = 271828;
        Random random = new(seed);
        UserId[] users = [Alice, Bob, Carol, Bot];
        for (int run = 0; run < 300; run++)
        {
            Call call = Call.Start(new ChannelId("channel"), null, Alice, Bot, 1);
            int next = 0;
            int joined = 0;
            int left = 0;
            long now = 1;
            do
            {
                now += random.Next(1, 5_000);
                SessionId[] present = [.. call.State.Sessions.Keys];
                if (present.Length == 0 || random.Next(3) == 0)
                {
                    UserId user = users[random.Next(present.Length == 0 ? 3 : 4)];
                    SessionId session = new($"s{next++}");
                    call.AddSession(session, new ConnectionId(session.Value), user, now);
                    call.ConfirmJoin(session);
                }
                else
                {
                    Act(call, present[random.Next(present.Length)], random.Next(8), now);
                }

                foreach (CallEvent raised in call.TakeEvents())
                {
                    joined += raised is UserJoined ? 1 : 0;
                    left += raised is UserLeft ? 1 : 0;
                }

                AssertRules(call.State, $"seed {seed}, run {run}");
            }
            while (call.State.EndAt == 0 && next < 50);

            Assert.Equal(joined - left, call.State.Sessions.Values.Count(session => session.User != Bot));
        }
    }

    private static void Act(Call call, SessionId session, int action, long now)
    {
        switch (action)
        {
            case 0:
                call.SetMuted(session, isMuted: now % 2 == 0);
                break;
            case 1:
                call.StartScreenShare(session, now);
                break;
            case 2:
                call.StopScreenShare(session, now);
                break;
            case 3:
                call.StartVideo(session, now);
                break;
            case 4:
                call.StopVideo(session, now);
                break;
            case 5 when call.State.Sessions[session].User != Bot:
                call.MakeHost(call.State.Sessions[session].User);
                break;
            default:
                call.Remove(session, now);
                break;
        }
    }

    private static void AssertRules(CallState state, string because)
    {
        Assert.True(state.ScreenSharer is not { } sharer || state.Sessions.ContainsKey(sharer), because);
        Assert.True(state.VideoStartAt.Keys.All(state.Sessions.ContainsKey), because);
        Assert.True(state.Sessions.Values.All(s => s.HasVideo == state.VideoStartAt.ContainsKey(s.Id)), because);
        Assert.True(state.Host is { } host ? state.HasSessionOf(host) && host != Bot : state.UsersInCall(Bot).Count == 0, because);
        Assert.True(state.LockedHost is not { } locked || !state.HasSessionOf(locked) || state.Host == locked, because);
        Assert.Equal(state.Sessions.IsEmpty, state.EndAt > 0);
    }

    private static Call CallOf(params (UserId User, string Session, long JoinedAt)[] sessions)
    {
        Call call = Call.Start(new ChannelId("channel"), null, sessions[0].User, Bot, 1);
        foreach ((UserId user, string session, long joinedAt) in sessions)
        {
            call.AddSession(new SessionId(session), new ConnectionId(session), user, joinedAt);
        }

        call.Announce(new PostId("post"), new PostId("post"));
        call.TakeEvents();
        return call;
    }

    private static IEnumerable<Type> TypesOf(Call call) => call.TakeEvents().Select(raised => raised.GetType());
}
