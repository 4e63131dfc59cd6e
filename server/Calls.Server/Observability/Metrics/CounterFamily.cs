namespace Calls.Server.Observability.Metrics;

/// <summary>Counters of one name.</summary>
internal sealed class CounterFamily(string name, string help, params MetricLabel[] labels)
    : MetricFamily<Counter>(name, "counter", help, labels)
{
    protected override Counter Create() => new();

    protected override void WriteChild(MetricsWriter writer, string labelText, Counter child) => writer.Sample(child.Value, labelText);
}
