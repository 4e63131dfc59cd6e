namespace Calls.Server.Observability.Metrics;

/// <summary>Histograms of one name, all with the same bounds.</summary>
internal sealed class HistogramFamily(string name, string help, double[] bounds, params MetricLabel[] labels)
    : MetricFamily<Histogram>(name, "histogram", help, labels)
{
    protected override Histogram Create() => new(bounds);

    protected override void WriteChild(MetricsWriter writer, string labelText, Histogram child) => child.Write(writer, labelText);
}
