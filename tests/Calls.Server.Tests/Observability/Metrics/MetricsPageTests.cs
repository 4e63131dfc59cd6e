using Calls.Server.Observability.Metrics;

namespace Calls.Server.Tests.Observability.Metrics;

public sealed class MetricsPageTests
{
    [Fact]
    public void A_counter_is_shown_with_its_labels_and_the_prefix()
    {
        var events = new CounterFamily("events_total", "What happened.", MetricLabel.Of("direction", "in", "out"), MetricLabel.Of("type", "mute"));
        events.With("in", "mute").Add();
        events.With("in", "mute").Add(2);

        Assert.Equal(
            "# HELP calls_events_total What happened.\n# TYPE calls_events_total counter\ncalls_events_total{direction=\"in\",type=\"mute\"} 3\n",
            new MetricsPage("calls_", [events]).Render());
    }

    [Fact]
    public void A_histogram_counts_cumulatively_up_to_infinity()
    {
        var times = new HistogramFamily("time", "Seconds.", [.1, 1], MetricLabel.Capped("groupID", 5));
        foreach (double seconds in (double[])[.1, .5, 1, 30, double.NaN])
        {
            times.With("a").Observe(seconds);
        }

        Assert.Equal(
            """
            # HELP time Seconds.
            # TYPE time histogram
            time_bucket{groupID="a",le="0.1"} 1
            time_bucket{groupID="a",le="1"} 3
            time_bucket{groupID="a",le="+Inf"} 4
            time_sum{groupID="a"} 31.6
            time_count{groupID="a"} 4

            """,
            new MetricsPage("", [times]).Render());
    }

    [Fact]
    public void A_value_nobody_declared_is_other()
    {
        var events = new CounterFamily("events_total", "x", MetricLabel.Of("type", "mute"));
        events.With("drop table").Add();

        Assert.Contains("{type=\"other\"} 1\n", new MetricsPage("", [events]).Render(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_operators_fill_stops_telling_apart_at_its_cap()
    {
        var sessions = new GaugeFamily("sessions", "x", MetricLabel.Capped("groupID", 3));
        for (int i = 0; i < 1_000; i++)
        {
            sessions.With($"client{i}").Add(1);
        }

        string page = new MetricsPage("", [sessions]).Render();
        Assert.Equal(4, page.Split('\n').Count(static line => line.StartsWith("sessions{", StringComparison.Ordinal)));
        Assert.Contains("sessions{groupID=\"other\"} 997\n", page, StringComparison.Ordinal);
        Assert.Contains("sessions{groupID=\"client2\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Quotes_and_line_breaks_in_a_value_cannot_forge_a_sample()
    {
        var sessions = new GaugeFamily("sessions", "a\nb", MetricLabel.Capped("groupID", 3));
        sessions.With("x\"} 1\nforged{y=\"\\").Add(1);

        string page = new MetricsPage("", [sessions]).Render();

        Assert.Equal("# HELP sessions a\\nb\n# TYPE sessions gauge\nsessions{groupID=\"x\\\"} 1\\nforged{y=\\\"\\\\\"} 1\n", page);
    }

    [Fact]
    public void Counts_of_many_threads_are_not_lost()
    {
        var gauge = new Gauge();
        var histogram = new Histogram([1]);
        Parallel.For(0, 10_000, _ =>
        {
            gauge.Add(1);
            histogram.Observe(2);
        });

        Assert.Equal((10_000, 10_000, 20_000), (gauge.Value, histogram.Count, histogram.Sum));
    }

    [Fact]
    public void The_process_is_shown_with_and_without_the_prefix()
    {
        string page = new MetricsPage("rtcd_", [new ProcessMetrics()]).Render();

        foreach (string name in (string[])["cpu_seconds_total", "open_fds", "max_fds", "virtual_memory_bytes", "virtual_memory_max_bytes", "resident_memory_bytes", "start_time_seconds"])
        {
            Assert.Matches($"\nrtcd_process_{name} [0-9]", page);
            Assert.Matches($"\nprocess_{name} [0-9]", page);
        }

        Assert.Matches("\ngo_goroutines [1-9]", page);
        Assert.Matches("\ngo_memstats_heap_inuse_bytes [0-9]", page);
    }
}
