using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Domain.Tests.Sessions;

public sealed class JoinBatchesTests : IDisposable
{
    private static readonly ChannelId Channel = new("channel");

    private readonly ManualTime _time = new();
    private readonly BackgroundTasks _background;
    private readonly List<string[]> _entered = [];
    private readonly JoinBatches _batches;
    private Func<IReadOnlyList<Joiner>, Exception?> _fails = _ => null;

    public JoinBatchesTests()
    {
        _background = new BackgroundTasks(_time, new SilentLog());
        _batches = new JoinBatches(EnterAsync, _background);
    }

    public void Dispose() => _background.Dispose();

    [Fact]
    public async Task Joins_of_an_interval_enter_together()
    {
        Task[] first = [_batches.EnterAsync(Joiner("a")), _batches.EnterAsync(Joiner("b"))];
        await TickAsync();
        await Task.WhenAll(first);
        Task third = _batches.EnterAsync(Joiner("c"));
        await TickAsync();
        await third;

        Assert.Equal([["a", "b"], ["c"]], _entered);
    }

    [Fact]
    public async Task Small_channels_have_no_batches_unless_one_is_there()
    {
        Assert.False(_batches.IsFor(Channel, JoinBatches.LargeChannel - 1));
        Assert.True(_batches.IsFor(Channel, JoinBatches.LargeChannel));

        _ = _batches.EnterAsync(Joiner("a"));
        Assert.True(_batches.IsFor(Channel, 2));
        await TickAsync();
        Assert.True(_batches.IsFor(Channel, 2));
        await TickAsync();
        Assert.False(_batches.IsFor(Channel, 2));
    }

    [Fact]
    public async Task No_more_wait_than_the_channel_has_members_and_never_more_than_a_thousand()
    {
        Joiner[] small = [.. Enumerable.Range(0, 121).Select(i => Joiner($"s{i}", members: 120))];
        Assert.All(small, joiner => _ = _batches.EnterAsync(joiner));

        Assert.Equal(120, _batches.WaitingCount);
        Assert.Equal(JoinRefusalReason.QueueFull, small[120].Refusal?.Reason);
        Assert.All(small[..120], joiner => Assert.Null(joiner.Refusal));
        await TickAsync();
        await TickAsync();

        Joiner[] large = [.. Enumerable.Range(0, 1001).Select(i => Joiner($"l{i}", members: 50_000))];
        Assert.All(large, joiner => _ = _batches.EnterAsync(joiner));
        Assert.Equal(1000, _batches.WaitingCount);
        Assert.NotNull(large[1000].Refusal);
    }

    [Fact]
    public async Task One_whom_the_store_does_not_take_keeps_nobody_out()
    {
        _fails = joiners => joiners.Any(joiner => joiner.Session.Value == "bad") ? new CallStoreException(StoreOperation.CreateSession, "duplicate key") : null;
        Joiner[] joiners = [Joiner("a"), Joiner("bad"), Joiner("c")];
        Task[] entering = [.. joiners.Select(_batches.EnterAsync)];

        await TickAsync();
        await Task.WhenAll(entering);

        Assert.Equal([["a"], ["c"]], _entered);
        Assert.Equal([null, JoinRefusalReason.StoreFailed, null], joiners.Select(joiner => joiner.Refusal?.Reason));
    }

    [Fact]
    public async Task A_store_that_is_away_refuses_all()
    {
        _fails = _ => new CallStoreException(StoreOperation.Read, "away");
        Joiner[] joiners = [Joiner("a"), Joiner("b")];
        Task[] entering = [.. joiners.Select(_batches.EnterAsync)];

        await TickAsync();
        await Task.WhenAll(entering);

        Assert.All(joiners, joiner => Assert.Equal((JoinRefusalReason.StoreFailed, "away"), (joiner.Refusal!.Reason, joiner.Refusal.Detail)));
    }

    [Fact]
    public async Task A_defect_is_told_to_those_it_met_and_the_next_enter()
    {
        _fails = _ => new InvalidOperationException("defect");
        Task entering = _batches.EnterAsync(Joiner("a"));
        await TickAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => entering);

        _fails = _ => null;
        Task next = _batches.EnterAsync(Joiner("b"));
        await TickAsync();
        await next;
        Assert.Equal([["b"]], _entered);
    }

    private async Task TickAsync()
    {
        _time.Advance(JoinBatches.Interval);
        await _background.WhenIdleAsync();
    }

    private Task EnterAsync(ChannelId channel, IReadOnlyList<Joiner> joiners)
    {
        if (_fails(joiners) is { } failure)
        {
            return Task.FromException(failure);
        }

        _entered.Add([.. joiners.Select(joiner => joiner.Session.Value)]);
        return Task.CompletedTask;
    }

    private Joiner Joiner(string connection, int members = 200) => new(
        new JoinRequest(new ConnectionId(connection), new UserId(connection), null!, Channel, "", null, "", false, false),
        new JoinAdmission(null) { MemberCount = members },
        _time,
        _time.GetTimestamp());

    private sealed class SilentLog : ICallLog
    {
        public void Failed(string operation, Exception exception)
        {
        }
    }
}
