using System.Text.Json;

namespace Calls.Server.Mattermost.Rest;

/// <summary>
/// Look-ups of single objects of which those that come while one of their group is under way are asked for together: a meeting of
/// a thousand that begins is dozens of requests instead of thousands. Thread-safe; nothing waits that could be asked at once.
/// </summary>
/// <param name="askOne">One object by group and id; undefined if it does not exist.</param>
/// <param name="askMany">Several of a group by id; those that do not exist are left out.</param>
/// <param name="largest">Ids in one request at most.</param>
internal sealed class GatheredLookups(
    Func<string, string, Task<JsonElement>> askOne, Func<string, IReadOnlyList<string>, Task<IReadOnlyDictionary<string, JsonElement>>> askMany, int largest)
{
    private readonly Lock _gate = new();

    // A group is here while it is being asked about.
    private readonly Dictionary<string, Dictionary<string, TaskCompletionSource<JsonElement>>> _waiting = new(StringComparer.Ordinal);

    public Task<JsonElement> GetAsync(string group, string id, CancellationToken cancellation)
    {
        TaskCompletionSource<JsonElement>? answer;
        bool isIdle;
        lock (_gate)
        {
            isIdle = !_waiting.TryGetValue(group, out Dictionary<string, TaskCompletionSource<JsonElement>>? waiting);
            if (waiting is null)
            {
                waiting = new Dictionary<string, TaskCompletionSource<JsonElement>>(StringComparer.Ordinal);
                _waiting.Add(group, waiting);
            }

            if (!waiting.TryGetValue(id, out answer))
            {
                answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting.Add(id, answer);
            }
        }

        if (isIdle)
        {
            _ = AskAsync(group);
        }

        return answer.Task.WaitAsync(cancellation);
    }

    private async Task AskAsync(string group)
    {
        while (Take(group) is { Count: > 0 } taken)
        {
            try
            {
                if (taken is [var (id, only)])
                {
                    only.SetResult(await askOne(group, id));
                    continue;
                }

                IReadOnlyDictionary<string, JsonElement> found = await askMany(group, [.. taken.Select(static entry => entry.Key)]);
                taken.ForEach(entry => entry.Value.SetResult(found.GetValueOrDefault(entry.Key)));
            }
            catch (Exception failure)
            {
                foreach ((_, TaskCompletionSource<JsonElement> answer) in taken)
                {
                    answer.TrySetException(failure);
                    _ = answer.Task.Exception; // whoever asked may have gone
                }
            }
        }
    }

    private List<KeyValuePair<string, TaskCompletionSource<JsonElement>>> Take(string group)
    {
        lock (_gate)
        {
            Dictionary<string, TaskCompletionSource<JsonElement>> waiting = _waiting[group];
            List<KeyValuePair<string, TaskCompletionSource<JsonElement>>> taken = [.. waiting.Take(largest)];
            taken.ForEach(entry => waiting.Remove(entry.Key));
            if (taken.Count == 0)
            {
                _waiting.Remove(group);
            }

            return taken;
        }
    }
}
