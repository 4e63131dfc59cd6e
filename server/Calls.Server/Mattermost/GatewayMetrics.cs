using Calls.Server.Mattermost.Relay;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Mattermost;

/// <summary>The gateway's counters as metrics.</summary>
internal sealed class GatewayMetrics(GatewayCounters counters, ConnectionRegistry registry) : IMetricSource
{
    public void Write(MetricsWriter writer)
    {
        writer.Gauge("gateway_connections", "Client connections on record, those that wait for their client included.", registry.Count);
        writer.Counter("gateway_requests_without_connection_total", "REST requests of users without a connection here: their sockets may bypass the gateway.", counters.RequestsWithoutConnection);
        writer.Counter("gateway_broken_streams_total", "Connections ended because an event of Mattermost was missing.", counters.BrokenStreams);
        writer.Counter("gateway_slow_parses_total", "Events whose envelope was not written as expected.", counters.SlowParses);
        writer.Counter("gateway_overflows_total", "Records dropped because too many events waited.", counters.Overflows);
        writer.Counter("gateway_dropped_events_total", "Droppable events left out on slow sockets.", counters.DroppedEvents);
        writer.Counter("gateway_unverified_events_total", "Events not delivered because a membership could not be checked.", counters.UnverifiedEvents);
        writer.Counter("gateway_refused_upgrades_total", "Upgrades refused before dialling.", counters.RefusedUpgrades);
        writer.Counter("gateway_unanswered_tokens_total", "Token checks without a definite answer.", counters.UnansweredTokens);
    }
}
