using Calls.Server.Mattermost.Delivery;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Tests.Mattermost.Rest;

public sealed class RequestBudgetTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task What_is_important_goes_first()
    {
        using var budget = new RequestBudget(perSecond: 1, burst: 1, _time);
        Assert.True(await budget.TryEnterAsync(RestPriority.Other));
        Task<bool> other = budget.TryEnterAsync(RestPriority.Other).AsTask();
        Task<bool> token = budget.TryEnterAsync(RestPriority.Token).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1.1));

        Assert.True(await token);
        Assert.False(other.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.True(await other);
    }

    [Fact]
    public async Task What_is_less_important_does_not_wait_for_ever()
    {
        using var budget = new RequestBudget(perSecond: 1, burst: 1, _time);
        Assert.True(await budget.TryEnterAsync(RestPriority.Token));
        Task<bool> post = budget.TryEnterAsync(RestPriority.Post).AsTask();
        for (int second = 0; second < 10 && !post.IsCompleted; second++)
        {
            _ = budget.TryEnterAsync(RestPriority.Token).AsTask();
            _time.Advance(TimeSpan.FromSeconds(1));
            budget.Leave();
        }

        Assert.True(post.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Requests_at_once_and_waiting_ones_are_bounded()
    {
        using var budget = new RequestBudget(perSecond: 1_000_000, burst: 1_000_000, _time);
        for (int entered = 0; entered < RequestBudget.MaxConcurrent; entered++)
        {
            Assert.True(await budget.TryEnterAsync(RestPriority.Post));
        }

        var waiting = new List<Task<bool>>();
        for (int waited = 0; waited < RequestBudget.MaxWaiting; waited++)
        {
            waiting.Add(budget.TryEnterAsync(RestPriority.Post).AsTask());
        }

        Assert.False(await budget.TryEnterAsync(RestPriority.Token));
        Assert.DoesNotContain(waiting, static task => task.IsCompleted);
        budget.Leave();
        Assert.True(await waiting[0]);
    }

    [Fact]
    public void A_cache_forgets_the_dead_and_then_the_old()
    {
        var cache = new ExpiringCache<int, string>(8, _time);
        cache.Set(0, "short", TimeSpan.FromSeconds(1));
        for (int key = 1; key < 8; key++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            cache.Set(key, "long", TimeSpan.FromMinutes(1));
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(cache.TryGet(0, out _));
        cache.Set(8, "new", TimeSpan.FromMinutes(1));
        Assert.True(cache.TryGet(1, out _));
        cache.Set(9, "newer", TimeSpan.FromMinutes(1));
        Assert.False(cache.TryGet(1, out _));
        Assert.True(cache.TryGet(2, out _));
        Assert.Equal(8, cache.Count);
        Assert.False(cache.TryGet(2, TimeSpan.FromSeconds(1), out _));
    }

    [Fact]
    public void Copies_of_an_event_are_one_event_for_a_while()
    {
        var recent = new RecentEvents(_time);
        Assert.True(recent.IsFirst("user_removed", "ch", "a"));
        Assert.False(recent.IsFirst("user_removed", "ch", "a"));
        Assert.True(recent.IsFirst("user_removed", "ch", "b"));
        _time.Advance(RecentEvents.Window);
        Assert.True(recent.IsFirst("user_removed", "ch", "a"));
    }
}
