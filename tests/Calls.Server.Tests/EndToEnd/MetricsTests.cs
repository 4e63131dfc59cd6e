using System.Net;
using Calls.Server.Tests.EndToEnd.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>What an operator's Prometheus and the official dashboard read.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private CallsSite _site = null!;

    public async Task InitializeAsync() => _site = await CallsSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/plugins/com.mattermost.calls/metrics")]
    public async Task Metrics_are_shown_on_the_operators_listener_only(string path)
    {
        using var http = new HttpClient();

        using HttpResponseMessage shown = await http.GetAsync(new Uri(_site.Sidecar.AdminAddress!, path));
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", $"{shown.Content.Headers.ContentType}");

        using HttpResponseMessage hidden = await http.GetAsync(new Uri(_site.Url, path));
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Fact]
    public async Task A_call_is_seen_in_the_series_of_the_official_dashboard()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        await using MediaClient media = await MediaClient.ConnectAsync(_site, alice);
        await alice.SendAsync("raise_hand", new { });
        await alice.NextAsync("user_raise_hand");
        await alice.SendAsync("metric", new
        {
            metric_name = "client_ice_candidate_pair",
            data = """{"state":"succeeded","local":{"type":"host","protocol":"udp"},"remote":{"type":"host","protocol":"udp"}}""",
        });
        await alice.SendAsync("nonsense", new { });
        await _site.SettleAsync(alice);

        string page = await ReadAsync();

        Assert.Contains("\nmattermost_plugin_calls_websocket_connections_total 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_websocket_events_total{direction=\"in\",type=\"raise_hand\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_websocket_events_total{direction=\"out\",type=\"user_raise_hand\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_app_handlers_time_count{handler=\"addUserSession\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_store_methods_time_bucket{method=\"Save\",le=\"0.005\"}", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_store_ops_total{type=\"Commit\"}", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_cluster_mutex_grab_time_count{group=\"mutex_call\"}", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_cluster_mutex_locked_time_count{group=\"mutex_call\"}", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_rtc_sessions_total{groupID=\"default\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_rtc_conn_states_total{type=\"connected\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_rtc_errors_total{groupID=\"default\",type=\"signaling\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_cluster_mutex_lock_retries_total{group=\"mutex_call\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_rtc_connection_time_count{groupID=\"default\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_rtc_dc_open_time_count{groupID=\"default\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains(
            "\nmattermost_plugin_calls_client_ice_candidate_pairs_total{state=\"succeeded\",local_type=\"host\",local_protocol=\"udp\",remote_type=\"host\",remote_protocol=\"udp\"} 1\n",
            page,
            StringComparison.Ordinal);
        Assert.Contains("\nmattermost_plugin_calls_process_cpu_seconds_total ", page, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_can_be_parsed_and_names_no_series_twice()
    {
        await _site.JoinAsync("alice");

        string[] lines = (await ReadAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.All(lines, static line => Assert.Matches("""^(# (HELP|TYPE) [a-z_][a-zA-Z0-9_]* .+|[a-z_][a-zA-Z0-9_]*(\{([a-zA-Z_]+="([^"\\\n]|\\.)*",?)+\})? (-?[0-9.]+(E[+-]?[0-9]+)?|\+Inf|NaN))$""", line));
        string[] series = [.. lines.Where(static line => line[0] != '#').Select(static line => line[..line.LastIndexOf(' ')])];
        Assert.Equal(series.Distinct(StringComparer.Ordinal), series);
        string[] types = [.. lines.Where(static line => line.StartsWith("# TYPE", StringComparison.Ordinal))];
        Assert.Equal(types.Distinct(StringComparer.Ordinal), types);
    }

    private async Task<string> ReadAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(_site.Sidecar.AdminAddress!, "/metrics"));
    }
}
