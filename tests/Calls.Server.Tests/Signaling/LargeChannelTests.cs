using Calls.Domain;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Signaling;

/// <summary>Joins of channels with a hundred members and more, which wait for each other.</summary>
public sealed class LargeChannelTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 120).Select(i => new UserId($"user{i}"))];

    private CallsHarness _calls = null!;

    public async Task InitializeAsync()
    {
        _calls = await CallsHarness.StartAsync();
        _calls.Host.AddChannel(_calls.Channel, Users);
    }

    public async Task DisposeAsync() => await _calls.DisposeAsync();

    [Fact]
    [Trait("Spec", "signaling-30")]
    public async Task Thirty_who_join_within_half_a_second_share_one_lock()
    {
        await QueueAsync(0, 10);
        _calls.Time.Advance(TimeSpan.FromMilliseconds(250));
        await QueueAsync(10, 20);
        _calls.Time.Advance(TimeSpan.FromMilliseconds(249));
        await QueueAsync(20, 30);
        Assert.Equal(0, Locks);

        await _calls.AdvanceAsync(TimeSpan.FromMilliseconds(1));

        // One for the joins, one for the announcement of the call that they started.
        Assert.Equal(2, Locks);
        AssertJoined(30);
        Assert.Single(_calls.Host.Created);
        Assert.Single(_calls.Client(Users[7], "c7").Names, name => name == "call_start");
    }

    [Fact]
    public async Task Each_of_a_batch_gets_its_events_in_order()
    {
        await QueueAsync(0, 1);
        await QueueAsync(1, 2);
        await QueueAsync(2, 3);
        await _calls.AdvanceAsync(Interval);

        Assert.Equal(
            ["call_host_changed", "call_start", "join", "user_joined", "call_state", "user_joined", "user_joined"], _calls.Client(Users[0], "c0").Names);
        Assert.Equal(["call_start", "user_joined", "join", "user_joined", "call_state", "user_joined"], _calls.Client(Users[1], "c1").Names);
        Assert.Equal(3, _calls.Client(Users[2], "c2").LastState().GetProperty("sessions").GetArrayLength());
    }

    [Fact]
    public async Task Who_may_not_enter_keeps_nobody_else_out()
    {
        await QueueAsync(0, 2);
        await _calls.AdvanceAsync(Interval);
        _calls.Delivery.Clear();

        // The first has a session already; the second has no media.
        _calls.Client(Users[0], "c0").Post("join", ("channelID", _calls.Channel.Value));
        await WaitingAsync(1);
        await QueueAsync(2, 5);
        _calls.Media.FailingSession = new SessionId("c3");
        await _calls.AdvanceAsync(Interval);

        Assert.Equal("session is already connected", _calls.Client(Users[0], "c0").Single("error").Data.GetProperty("data").GetString());
        Assert.Equal("failed to init session: no media for this one", _calls.Client(Users[3], "c3").Single("error").Data.GetProperty("data").GetString());
        Assert.DoesNotContain("join", _calls.Client(Users[3], "c3").Names);
        Assert.Equal(["c0", "c1", "c2", "c4"], (await _calls.CallAsync())!.Sessions.Keys.Select(id => id.Value).Order());

        // The others of the batch were sent a state with the failed one in it, so they are told that it is gone.
        Assert.Equal("c3", _calls.Client(Users[4], "c4").Single("user_left").Data.GetProperty("session_id").GetString());
        Assert.DoesNotContain(_calls.Client(Users[4], "c4").Events, e => e.Name == "user_joined" && e.Data.GetProperty("session_id").GetString() == "c3");
    }

    [Fact]
    public async Task A_batch_that_finds_the_lock_held_waits_for_the_next_until_the_join_is_too_old()
    {
        CallDirectory directory = _calls.Get<CallDirectory>();
        TaskCompletionSource release = new();
        Task held = directory.RunAsync(_calls.Channel, CallDirectory.LockLimit, _ => release.Task);
        await QueueAsync(0, 2);
        _calls.Time.Advance(Interval);

        // The lock is waited for twice: after 5.5 s there is time for another attempt, after 11 s there is not.
        await _calls.ExpireAsync(CallDirectory.JoinLockLimit);
        await _calls.ExpireAsync(Interval);
        await _calls.ExpireAsync(CallDirectory.JoinLockLimit);
        await Poll.UntilAsync(() => _calls.Client(Users[1], "c1").Names.Count > 0 && _calls.Client(Users[0], "c0").Names.Count > 0);

        Assert.Equal("failed to lock call: failed to lock: context deadline exceeded", _calls.Client(Users[0], "c0").Single("error").Data.GetProperty("data").GetString());
        Assert.Equal(["error"], _calls.Client(Users[1], "c1").Names);
        release.SetResult();
        await held;
    }

    private long Locks => _calls.Get<CallsMetrics>().StoreOperations.With("Begin").Value;

    private async Task QueueAsync(int first, int end)
    {
        int waiting = _calls.Get<CallJoining>().WaitingCount;
        for (int i = first; i < end; i++)
        {
            _calls.Client(Users[i], $"c{i}").Post("join", ("channelID", _calls.Channel.Value));
        }

        await WaitingAsync(waiting + end - first);
    }

    private Task WaitingAsync(int count) => Poll.UntilAsync(() => _calls.Get<CallJoining>().WaitingCount == count);

    private void AssertJoined(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Single(_calls.Client(Users[i], $"c{i}").Names, name => name == "join");
        }
    }
}
