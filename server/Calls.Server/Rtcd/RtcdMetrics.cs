using Calls.Rtcd.Protocol;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Rtcd;

/// <summary>The metrics of rtcd's WebSocket (rtcd.md 10), prefix <c>rtcd_</c>. Types of messages that nobody knows are counted as other.</summary>
internal sealed class RtcdMetrics : IMetricSource
{
    public const string Prefix = "rtcd_";

    private const int MaxClients = 100;

    private readonly GaugeFamily _connections;
    private readonly CounterFamily _messages;
    private readonly CounterFamily _refused = new("ws_refused_frames_total", "Frames that could not be read.", MetricLabel.Of("reason", "Malformed", "UnexpectedData"));

    public RtcdMetrics()
    {
        var client = MetricLabel.Capped("clientID", MaxClients);
        _connections = new("ws_connections_total", "Open WebSocket connections.", client);
        _messages = new(
            "ws_messages_total", "WebSocket messages.", client, MetricLabel.Of("type", "join", "rtc", "leave", "reconnect", "vad"), MetricLabel.Of("direction", "in", "out"));
    }

    public void OnConnected(string clientId) => _connections.With(clientId).Add(1);

    public void OnDisconnected(string clientId) => _connections.With(clientId).Add(-1);

    public void OnMessage(string clientId, string type, bool isInbound) => _messages.With(clientId, type, isInbound ? "in" : "out").Add();

    public void OnRefused(RtcdReadResult result) => _refused.With($"{result}").Add();

    public void Write(MetricsWriter writer)
    {
        _connections.Write(writer);
        _messages.Write(writer);
        _refused.Write(writer);
    }
}
