using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary>The sessions of this node, for a scrape.</summary>
internal sealed class SessionMetrics(LocalSessions sessions) : IMetricSource
{
    public void Write(MetricsWriter writer) =>
        writer.Gauge("websocket_connections_total", "Joined sessions that this node serves.", sessions.Count);
}
