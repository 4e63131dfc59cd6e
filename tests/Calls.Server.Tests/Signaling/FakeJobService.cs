using System.Collections.Concurrent;
using Calls.Domain.Jobs;
using Calls.Domain.Ports;

namespace Calls.Server.Tests.Signaling;

/// <summary>A job service that takes every job, or fails as it is told.</summary>
internal sealed class FakeJobService : IJobService
{
    private int _jobs;

    public bool IsReady { get; set; } = true;

    public ConcurrentQueue<JobOrder> Orders { get; } = new();

    /// <summary>Refuses jobs of a kind with this text.</summary>
    public ConcurrentDictionary<JobKind, string> Refusals { get; } = new();

    /// <summary>What a job of a kind waits for.</summary>
    public ConcurrentDictionary<JobKind, Task> Ready { get; } = new();

    public Task<bool> IsReadyAsync(CancellationToken cancellation) => Task.FromResult(IsReady);

    public async Task<string> StartAsync(JobOrder order, CancellationToken cancellation)
    {
        Orders.Enqueue(order);
        await Ready.GetValueOrDefault(order.Kind, Task.CompletedTask);
        return Refusals.TryGetValue(order.Kind, out string? refusal)
            ? throw new JobServiceException(refusal)
            : $"service{Interlocked.Increment(ref _jobs)}";
    }
}
