using Calls.Rtc.Sessions;

namespace Calls.Rtc.Tests.Sessions;

public sealed class DeadlineQueueTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Owners_are_woken_in_the_order_of_their_deadlines()
    {
        using var queue = new DeadlineQueue(_time);
        Owner late = new(_time);
        Owner early = new(_time);
        queue.Schedule(new(late), 200);
        queue.Schedule(new(early), 100);

        _time.AdvanceTo(99);
        Assert.Empty(early.WokenMs);

        _time.AdvanceTo(300);
        Assert.Equal([100], early.WokenMs);
        Assert.Equal([200], late.WokenMs);
    }

    [Fact]
    public void An_earlier_deadline_replaces_a_later_one_and_not_the_other_way_round()
    {
        using var queue = new DeadlineQueue(_time);
        Owner owner = new(_time);
        DeadlineQueue.Entry entry = new(owner);
        queue.Schedule(entry, 500);
        queue.Schedule(entry, 100);
        queue.Schedule(entry, 900);

        _time.AdvanceTo(1_000);

        Assert.Equal([100], owner.WokenMs);
    }

    [Fact]
    public void An_owner_can_be_scheduled_again_from_within_its_call()
    {
        using var queue = new DeadlineQueue(_time);
        DeadlineQueue.Entry? entry = null;
        Owner owner = new(_time) { Then = nowMs => queue.Schedule(entry!, nowMs + 50) };
        entry = new(owner);
        queue.Schedule(entry, 50);

        _time.AdvanceTo(160);

        Assert.Equal([50, 100, 150], owner.WokenMs);
    }

    [Fact]
    public void A_deadline_in_the_past_is_met_at_once()
    {
        using var queue = new DeadlineQueue(_time);
        _time.AdvanceTo(1_000);
        Owner owner = new(_time);
        queue.Schedule(new(owner), 10);

        _time.AdvanceTo(1_000);

        Assert.Equal([1_000], owner.WokenMs);
    }

    private sealed class Owner(ManualTime time) : IDeadlineOwner
    {
        public List<long> WokenMs { get; } = [];

        public Action<long>? Then { get; init; }

        public void OnDeadline()
        {
            WokenMs.Add(time.GetTimestamp());
            Then?.Invoke(time.GetTimestamp());
        }
    }
}
