namespace Calls.Server.Observability.Metrics;

/// <summary>Something that a scrape asks for its numbers.</summary>
internal interface IMetricSource
{
    void Write(MetricsWriter writer);
}
