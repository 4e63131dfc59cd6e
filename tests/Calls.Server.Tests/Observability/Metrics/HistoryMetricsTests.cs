using Calls.Domain.Ports;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Tests.Observability.Metrics;

public sealed class HistoryMetricsTests : ICallHistory
{
    private readonly ManualTime _time = new();
    private long _ended = 7;
    private bool _fails;

    [Fact]
    public async Task Sums_are_read_at_the_start_and_every_hour_and_stay_while_the_store_fails()
    {
        using var metrics = new HistoryMetrics(this, _time);
        var page = new MetricsPage("p_", [metrics]);
        Assert.Equal("", page.Render());

        await metrics.StartAsync(CancellationToken.None);
        await _time.WhenTimerIsSetAsync(TimeSpan.FromHours(1));
        Assert.Contains("\np_aggregate_stats{stat=\"total_calls\"} 7\n", page.Render(), StringComparison.Ordinal);
        Assert.Contains("\np_calls_by_channel_type{type=\"direct\"} 3\n", page.Render(), StringComparison.Ordinal);
        Assert.Contains("\np_daily_calls_total{date=\"2026-01-01\"} 2\n", page.Render(), StringComparison.Ordinal);
        Assert.Contains("\np_daily_calls_total{date=\"2025-12-03\"} 0\n", page.Render(), StringComparison.Ordinal);
        Assert.Contains("\np_monthly_calls_total{month=\"2025-02\"} 5\n", page.Render(), StringComparison.Ordinal);
        Assert.Equal(30, page.Render().Split("daily_calls_total{").Length - 1);
        Assert.Equal(12, page.Render().Split("monthly_calls_total{").Length - 1);

        (_ended, _fails) = (8, true);
        _time.Advance(TimeSpan.FromHours(1));
        await _time.WhenTimerIsSetAsync(TimeSpan.FromHours(1));
        Assert.Contains("{stat=\"total_calls\"} 7\n", page.Render(), StringComparison.Ordinal);

        _fails = false;
        _time.Advance(TimeSpan.FromHours(1));
        await _time.WhenTimerIsSetAsync(TimeSpan.FromHours(1));
        Assert.Contains("{stat=\"total_calls\"} 8\n", page.Render(), StringComparison.Ordinal);
        await metrics.StopAsync(CancellationToken.None);
    }

    public Task<CallHistory> ReadAsync(DateOnly since, CancellationToken cancellation) => _fails
        ? throw new CallStoreException(StoreOperation.Read, "the store is away")
        : Task.FromResult(new CallHistory(
            _ended,
            1,
            2,
            new Dictionary<DateOnly, long> { [new(2026, 1, 1)] = 2, [new(2025, 2, 28)] = 5 },
            new Dictionary<DateOnly, long>(),
            new Dictionary<ChannelKind, long> { [ChannelKind.Direct] = 3 },
            60,
            2,
            0,
            0,
            0,
            0));
}
