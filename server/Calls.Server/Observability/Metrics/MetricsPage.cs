using System.Text;

namespace Calls.Server.Observability.Metrics;

/// <summary>What a scrape reads: every source, one after the other.</summary>
internal sealed class MetricsPage(string prefix, IEnumerable<IMetricSource> sources)
{
    private readonly IMetricSource[] _sources = [.. sources];

    public string Render()
    {
        var text = new StringBuilder(16 * 1024);
        var writer = new MetricsWriter(text, prefix);
        foreach (IMetricSource source in _sources)
        {
            source.Write(writer);
        }

        return text.ToString();
    }

    public Task WriteAsync(HttpResponse response)
    {
        response.ContentType = MetricsWriter.ContentType;
        return response.WriteAsync(Render());
    }
}
