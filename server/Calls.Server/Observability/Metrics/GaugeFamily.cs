namespace Calls.Server.Observability.Metrics;

/// <summary>Gauges of one name that are counted up and down.</summary>
internal sealed class GaugeFamily(string name, string help, params MetricLabel[] labels)
    : MetricFamily<Gauge>(name, "gauge", help, labels)
{
    protected override Gauge Create() => new();

    protected override void WriteChild(MetricsWriter writer, string labelText, Gauge child) => writer.Sample(child.Value, labelText);
}
