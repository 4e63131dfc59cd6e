using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

public sealed class CallDirectoryTests
{
    private static readonly ChannelId Channel = new("channel");
    private static readonly UserId Alice = new("alice");

    private readonly ManualTime _time = new();
    private readonly MemoryCallStore _store = new();
    private readonly RecordedEvents _events = new();
    private readonly CallDirectory _directory;

    public CallDirectoryTests() => _directory = new CallDirectory(_store, _events, new BotOnlyHost(), _time);

    [Fact]
    public async Task Events_of_a_call_are_numbered_without_gaps_together_with_its_state()
    {
        await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _directory.RunAsync(Channel, CallDirectory.LockLimit, async work =>
        {
            work.Call!.SetMuted(new SessionId("a1"), isMuted: i % 2 == 0);
            await work.CommitAsync();
        })));

        Assert.Equal(Enumerable.Range(1, _events.All.Count).Select(i => (long)i), _events.All.Select(entry => entry.Number));
        Assert.Equal(_events.All.Count, _store.Active!.EventNumber);
    }

    [Fact]
    public async Task What_was_committed_is_published_even_if_the_handler_fails_later()
    {
        await StartAsync();
        _events.All.Clear();

        await Assert.ThrowsAsync<InvalidOperationException>(() => _directory.RunAsync(Channel, CallDirectory.LockLimit, async work =>
        {
            work.Call!.RaiseHand(new SessionId("a1"), 5);
            await work.CommitAsync();
            throw new InvalidOperationException();
        }));

        Assert.IsType<HandChanged>(Assert.Single(_events.All).Event);
    }

    [Fact]
    public async Task What_could_not_be_committed_is_published_to_nobody()
    {
        await StartAsync();
        _events.All.Clear();
        _store.FailsCommits = true;

        await Assert.ThrowsAsync<CallStoreException>(() => _directory.RunAsync(Channel, CallDirectory.LockLimit, async work =>
        {
            work.Call!.RaiseHand(new SessionId("a1"), 5);
            await work.CommitAsync();
        }));

        Assert.Empty(_events.All);
        Assert.Equal(0, _directory.Current(Channel)!.Sessions[new SessionId("a1")].RaisedHandAt);
    }

    [Fact]
    public async Task Only_a_running_call_is_current()
    {
        await StartAsync();
        Assert.NotNull(_directory.Current(Channel));

        await _directory.RunAsync(Channel, CallDirectory.LockLimit, async work =>
        {
            work.Call!.Remove(new SessionId("a1"), 10);
            await work.CommitAsync();
        });

        Assert.Null(_directory.Current(Channel));
        Assert.Null(_directory.ParticipantsOf(Channel));
    }

    [Fact]
    public async Task A_change_whose_commit_was_in_doubt_is_told_as_a_whole_with_the_next_one()
    {
        await StartAsync();
        _events.All.Clear();
        _store.LosesAnswers = true;
        await Assert.ThrowsAsync<CallStoreException>(() => ChangeAsync(call => call.SetMuted(new SessionId("a1"), isMuted: false)));
        Assert.Empty(_events.All);
        _store.LosesAnswers = false;

        await ChangeAsync(call => call.RaiseHand(new SessionId("a1"), 7));

        Assert.Equal([typeof(CallStateSent), typeof(HandChanged)], _events.All.Select(entry => entry.Event.GetType()));
        CallStateSent told = (CallStateSent)_events.All[0].Event;
        Assert.True(told.Call.Sessions[new SessionId("a1")].IsUnmuted);
        Assert.Equal(Alice, told.Receiver);
    }

    [Fact]
    public async Task A_change_that_did_not_happen_is_not_told()
    {
        await StartAsync();
        _events.All.Clear();
        _store.FailsCommits = true;
        await Assert.ThrowsAsync<CallStoreException>(() => ChangeAsync(call => call.SetMuted(new SessionId("a1"), isMuted: false)));
        _store.FailsCommits = false;

        await ChangeAsync(call => call.RaiseHand(new SessionId("a1"), 7));

        Assert.IsType<HandChanged>(Assert.Single(_events.All).Event);
    }

    [Fact]
    public async Task An_end_whose_commit_was_in_doubt_is_told_to_everybody()
    {
        await StartAsync();
        _events.All.Clear();
        _store.LosesAnswers = true;
        await Assert.ThrowsAsync<CallStoreException>(() => ChangeAsync(call => call.Remove(new SessionId("a1"), 10)));
        _store.LosesAnswers = false;

        await _directory.RunAsync(Channel, CallDirectory.LockLimit, work => Task.FromResult(work.Call));

        Assert.IsType<CallEndRequested>(Assert.Single(_events.All).Event);
        Assert.Null(_directory.Current(Channel));
    }

    private Task ChangeAsync(Action<Call> change) => _directory.RunAsync(Channel, CallDirectory.LockLimit, async work =>
    {
        change(work.Call!);
        await work.CommitAsync();
    });

    private Task StartAsync() => _directory.RunAsync(Channel, CallDirectory.JoinLockLimit, async work =>
    {
        Call call = work.Start(null, Alice, 1);
        call.AddSession(new SessionId("a1"), new ConnectionId("a1"), Alice, 1);
        call.Announce(null, null);
        call.ConfirmJoin(new SessionId("a1"));
        await work.CommitAsync();
    });
}
