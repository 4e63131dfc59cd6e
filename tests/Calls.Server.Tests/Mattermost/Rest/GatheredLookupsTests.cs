using System.Collections.Concurrent;
using System.Text.Json;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Mattermost.Rest;

public sealed class GatheredLookupsTests
{
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentQueue<TaskCompletionSource> _answers = new();
    private readonly GatheredLookups _lookups;

    public GatheredLookupsTests()
    {
        _lookups = new GatheredLookups(
            async (group, id) =>
            {
                await AskAsync($"{group}: {id}");
                return Of(id);
            },
            async (group, ids) =>
            {
                await AskAsync($"{group}: {string.Join(",", ids)}");
                return ids.Where(id => id != "nobody").ToDictionary(id => id, Of);
            },
            largest: 3);
    }

    [Fact]
    public async Task What_comes_while_one_is_under_way_is_asked_for_together()
    {
        Task<JsonElement> a = _lookups.GetAsync("g", "a", default);
        Task<JsonElement>[] others = [.. new[] { "b", "c", "b", "nobody", "d" }.Select(id => _lookups.GetAsync("g", id, default))];
        Assert.Equal(["g: a"], _asked);

        await AnswerAsync(a);
        await AnswerAsync(others[0]);
        await AnswerAsync(others[4]);

        Assert.Equal(["g: a", "g: b,c,nobody", "g: d"], _asked);
        Assert.Equal(["b", "c", "b"], (await Task.WhenAll(others[..3])).Select(found => found.GetString()));
        Assert.Equal(JsonValueKind.Undefined, (await others[3]).ValueKind);

        await AnswerAsync(_lookups.GetAsync("g", "e", default));
        Assert.Equal("g: e", _asked.Last());
    }

    [Fact]
    public async Task Groups_do_not_wait_for_each_other()
    {
        Task<JsonElement> a = _lookups.GetAsync("g", "a", default);
        Task<JsonElement> b = _lookups.GetAsync("h", "b", default);

        Assert.Equal(["g: a", "h: b"], _asked);
        await AnswerAsync(a);
        await AnswerAsync(b);
    }

    [Fact]
    public async Task A_failure_meets_those_who_asked_and_nobody_after_them()
    {
        Task<JsonElement> a = _lookups.GetAsync("g", "a", default);
        Task<JsonElement> b = _lookups.GetAsync("g", "b", default);
        (await NextAsync()).SetException(new InvalidOperationException("away"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => a);
        await AnswerAsync(b);
    }

    [Fact]
    public async Task Who_gives_up_does_not_take_the_others_along()
    {
        using var given = new CancellationTokenSource();
        Task<JsonElement> a = _lookups.GetAsync("g", "a", given.Token);
        Task<JsonElement> again = _lookups.GetAsync("g", "a", default);
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => a);
        (await NextAsync()).SetResult();
        await AnswerAsync(again);
    }

    private static JsonElement Of(string id) => JsonSerializer.SerializeToElement(id);

    private Task AskAsync(string what)
    {
        var answer = new TaskCompletionSource();
        _asked.Enqueue(what);
        _answers.Enqueue(answer);
        return answer.Task;
    }

    private async Task AnswerAsync(Task<JsonElement> asked)
    {
        (await NextAsync()).SetResult();
        await asked;
    }

    private async Task<TaskCompletionSource> NextAsync()
    {
        TaskCompletionSource? next = null;
        await Poll.UntilAsync(() => _answers.TryDequeue(out next));
        return next!;
    }
}
