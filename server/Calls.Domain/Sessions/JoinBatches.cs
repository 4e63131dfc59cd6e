using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>
/// Joins of large channels wait for each other: one lock and one state for all that come within an interval (signaling.md 6.7). A
/// meeting of a thousand that begins on the hour would else queue for the lock one by one.
/// </summary>
/// <param name="enter">Enters all of them under one lock.</param>
internal sealed class JoinBatches(Func<ChannelId, IReadOnlyList<Joiner>, Task> enter, BackgroundTasks background)
{
    /// <summary>Channels with as many members have their joins batched.</summary>
    public const int LargeChannel = 100;

    private const int LargestQueue = 1000;

    /// <summary>What a join waits at most for its batch.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Dictionary<ChannelId, Batch> _batches = [];

    /// <summary>Joins that wait for their batch.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _batches.Values.Sum(batch => batch.Waiting.Count);
            }
        }
    }

    /// <summary>Whether a join is to be batched: in a large channel, and where others are.</summary>
    public bool IsFor(ChannelId channel, int members)
    {
        lock (_gate)
        {
            return members >= LargeChannel || _batches.ContainsKey(channel);
        }
    }

    /// <summary>Enters with the next batch. Completes once that is done.</summary>
    public Task EnterAsync(Joiner joiner)
    {
        ChannelId channel = joiner.Request.Channel;
        lock (_gate)
        {
            if (!_batches.TryGetValue(channel, out Batch? batch))
            {
                batch = new Batch(Math.Clamp(joiner.Admission.MemberCount, 1, LargestQueue));
                _batches.Add(channel, batch);
                RunLater(channel, batch);
            }

            if (batch.Waiting.Count >= batch.Capacity)
            {
                joiner.Refuse(new JoinRefusal(JoinRefusalReason.QueueFull));
                return Task.CompletedTask;
            }

            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            batch.Waiting.Add((joiner, done));
            return done.Task;
        }
    }

    private void RunLater(ChannelId channel, Batch batch) =>
        background.RunAfter(Interval, "joining a large channel", () => RunAsync(channel, batch));

    private async Task RunAsync(ChannelId channel, Batch batch)
    {
        List<(Joiner Joiner, TaskCompletionSource Done)> taken;
        lock (_gate)
        {
            taken = [.. batch.Waiting];
            batch.Waiting.Clear();
            if (taken.Count == 0)
            {
                _batches.Remove(channel);
                return;
            }
        }

        HashSet<Joiner> waiting = [];
        try
        {
            await EnterAsync(channel, [.. taken.Select(entry => entry.Joiner)], waiting);
        }
        catch (Exception defect)
        {
            taken.ForEach(entry => entry.Done.TrySetException(defect));
        }

        lock (_gate)
        {
            batch.Waiting.InsertRange(0, taken.Where(entry => waiting.Contains(entry.Joiner)));
        }

        foreach ((Joiner joiner, TaskCompletionSource done) in taken)
        {
            if (!waiting.Contains(joiner))
            {
                done.TrySetResult();
            }
        }

        RunLater(channel, batch);
    }

    private async Task EnterAsync(ChannelId channel, List<Joiner> joiners, HashSet<Joiner> waiting)
    {
        try
        {
            await enter(channel, joiners);
        }
        catch (CallStoreException failure) when (failure.Operation == StoreOperation.CreateSession && joiners.Count > 1)
        {
            // One whom the store does not take must not keep the others out.
            foreach (Joiner joiner in joiners.Where(joiner => joiner.Refusal is null))
            {
                await EnterAsync(channel, [joiner], waiting);
            }
        }
        catch (CallLockException failure)
        {
            foreach (Joiner joiner in joiners)
            {
                if (joiner.Left > CallDirectory.JoinLockLimit + Interval)
                {
                    waiting.Add(joiner);
                }
                else
                {
                    joiner.Refuse(Joiner.Explain(failure)!);
                }
            }
        }
        catch (Exception failure) when (Joiner.Explain(failure) is { } refusal)
        {
            joiners.ForEach(joiner => joiner.Refuse(refusal));
        }
    }

    private sealed class Batch(int capacity)
    {
        public int Capacity => capacity;

        public List<(Joiner Joiner, TaskCompletionSource Done)> Waiting { get; } = [];
    }
}
