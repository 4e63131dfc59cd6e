using Calls.Server.Observability.Metrics;

namespace Calls.Server.Mattermost;

/// <summary>What the gateway has counted, for a scrape.</summary>
internal sealed class GatewayMetrics(GatewayCounters counters) : IMetricSource
{
    public void Write(MetricsWriter writer)
    {
        writer.Counter("gateway_slow_parses_total", "Events of Mattermost whose envelope was not written as expected.", counters.SlowParses);
        writer.Counter("gateway_broken_streams_total", "Connections ended because an event of Mattermost was missing.", counters.BrokenStreams);
        writer.Counter("gateway_overflows_total", "Records dropped because too many events waited.", counters.Overflows);
        writer.Counter("gateway_dropped_events_total", "Droppable events left out on slow sockets.", counters.DroppedEvents);
        writer.Counter("gateway_unverified_events_total", "Events not delivered because membership could not be checked.", counters.UnverifiedEvents);
        writer.Counter("gateway_refused_upgrades_total", "WebSocket upgrades refused before dialling.", counters.RefusedUpgrades);
        writer.Counter("gateway_unanswered_tokens_total", "Token checks without a definite answer of Mattermost.", counters.UnansweredTokens);
    }
}
