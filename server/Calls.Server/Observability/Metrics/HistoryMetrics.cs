using System.Globalization;
using Calls.Domain.Ports;

namespace Calls.Server.Observability.Metrics;

/// <summary>What all calls of the site add up to, read at the start and every hour (modes.md 10.1): a scrape never waits for the store.</summary>
internal sealed class HistoryMetrics(ICallHistory history, TimeProvider time) : BackgroundService, IMetricSource
{
    private const int Days = 30;
    private const int Months = 12;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private CallHistory? _sums;
    private DateOnly _today;

    public void Write(MetricsWriter writer)
    {
        if (Volatile.Read(ref _sums) is not { } sums)
        {
            return;
        }

        WritePeriods(writer, sums);
        writer.BeginFamily("calls_by_channel_type", "gauge", "Ended calls by kind of channel.");
        foreach ((ChannelKind kind, long count) in sums.ByChannelKind)
        {
            writer.Sample(count, $"type=\"{NameOf(kind)}\"");
        }

        writer.BeginFamily("aggregate_stats", "gauge", "Sums over all calls.");
        foreach ((string name, long value) in (ReadOnlySpan<(string, long)>)
        [
            ("total_calls", sums.Ended),
            ("total_active_calls", sums.Active),
            ("total_active_sessions", sums.ActiveSessions),
            ("avg_duration_seconds", sums.AverageSeconds),
            ("avg_participants", sums.AverageParticipants),
            ("avg_video_duration_seconds", sums.AverageVideoSeconds),
            ("total_video_duration_seconds", sums.TotalVideoSeconds),
            ("total_video_calls", sums.WithVideo),
            ("total_screen_share_calls", sums.WithScreen),
        ])
        {
            writer.Sample(value, $"stat=\"{name}\"");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                DateOnly today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
                CallHistory sums = await history.ReadAsync(FirstMonth(today), stoppingToken);
                _today = today;
                Volatile.Write(ref _sums, sums);
            }
            catch (CallStoreException)
            {
                // The store says so itself; the sums stay as they were.
            }

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static DateOnly FirstMonth(DateOnly today) => new DateOnly(today.Year, today.Month, 1).AddMonths(1 - Months);

    private static string NameOf(ChannelKind kind) => kind switch
    {
        ChannelKind.Public => "public",
        ChannelKind.Private => "private",
        ChannelKind.Direct => "direct",
        ChannelKind.Group => "group",
        _ => "unknown",
    };

    private void WritePeriods(MetricsWriter writer, CallHistory sums)
    {
        writer.BeginFamily("daily_calls_total", "gauge", "Ended calls by day, the last 30.");
        for (DateOnly day = _today.AddDays(1 - Days); day <= _today; day = day.AddDays(1))
        {
            writer.Sample(sums.ByDay.GetValueOrDefault(day), $"date=\"{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}\"");
        }

        writer.BeginFamily("monthly_calls_total", "gauge", "Ended calls by month, the last 12.");
        for (DateOnly month = FirstMonth(_today); month <= _today; month = month.AddMonths(1))
        {
            DateOnly next = month.AddMonths(1);
            writer.Sample(
                sums.ByDay.Where(entry => entry.Key >= month && entry.Key < next).Sum(static entry => entry.Value),
                $"month=\"{month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}\"");
        }
    }
}
