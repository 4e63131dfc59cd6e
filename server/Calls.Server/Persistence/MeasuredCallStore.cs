using System.Diagnostics;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Persistence;

/// <summary>Counts and times what a store does, whichever it is.</summary>
internal sealed class MeasuredCallStore(ICallStore store, CallsMetrics metrics) : ICallStore
{
    private const string LockGroup = "mutex_call";

    public async Task<ICallTransaction> BeginAsync(ChannelId channel, TimeSpan limit, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            ICallTransaction transaction = await MeasureAsync("Begin", () => store.BeginAsync(channel, limit, cancellation));
            metrics.MutexGrabTime.With(LockGroup).Observe(Stopwatch.GetElapsedTime(start).TotalSeconds);
            return new MeasuredTransaction(this, transaction);
        }
        catch (CallLockException)
        {
            metrics.MutexRetries.With(LockGroup).Add();
            throw;
        }
    }

    public Task<CallState?> GetActiveCallAsync(ChannelId channel, CancellationToken cancellation) =>
        MeasureAsync("GetActiveCall", () => store.GetActiveCallAsync(channel, cancellation));

    public Task<IReadOnlyList<CallState>> GetActiveCallsAsync(CancellationToken cancellation) =>
        MeasureAsync("GetActiveCalls", () => store.GetActiveCallsAsync(cancellation));

    public Task<IReadOnlyList<CallState>> GetEndingCallsAsync(CancellationToken cancellation) =>
        MeasureAsync("GetEndingCalls", () => store.GetEndingCallsAsync(cancellation));

    public Task MarkEndedAsync(CallId call, CancellationToken cancellation) => MeasureAsync("MarkEnded", () => store.MarkEndedAsync(call, cancellation));

    public Task<CallsChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) =>
        MeasureAsync("GetChannel", () => store.GetChannelAsync(channel, cancellation));

    public Task<IReadOnlyList<CallsChannel>> GetChannelsAsync(CancellationToken cancellation) =>
        MeasureAsync("GetChannels", () => store.GetChannelsAsync(cancellation));

    public Task PutChannelAsync(CallsChannel channel, CancellationToken cancellation) =>
        MeasureAsync("PutChannel", () => store.PutChannelAsync(channel, cancellation));

    private Task MeasureAsync(string method, Func<Task> work) => MeasureAsync(method, async () =>
    {
        await work();
        return true;
    });

    private async Task<T> MeasureAsync<T>(string method, Func<Task<T>> work)
    {
        metrics.StoreOperations.With(method).Add();
        return await CallsMetrics.MeasureAsync(metrics.StoreMethodsTime.With(method), work);
    }

    private sealed class MeasuredTransaction(MeasuredCallStore owner, ICallTransaction transaction) : ICallTransaction
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private bool _isOver;

        public Task<CallState?> GetActiveCallAsync(CancellationToken cancellation) =>
            owner.MeasureAsync("GetActiveCall", () => transaction.GetActiveCallAsync(cancellation));

        public Task SaveAsync(CallState? before, CallState after, CancellationToken cancellation) =>
            owner.MeasureAsync("Save", () => transaction.SaveAsync(before, after, cancellation));

        public Task DiscardAsync(CallId call, CancellationToken cancellation) => owner.MeasureAsync("Discard", () => transaction.DiscardAsync(call, cancellation));

        public Task CommitAsync(CancellationToken cancellation) => owner.MeasureAsync("Commit", () => transaction.CommitAsync(cancellation));

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            if (!_isOver)
            {
                _isOver = true;
                owner.Metrics.MutexLockedTime.With(LockGroup).Observe(Stopwatch.GetElapsedTime(_start).TotalSeconds);
            }
        }
    }

    private CallsMetrics Metrics => metrics;
}
