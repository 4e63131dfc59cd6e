using System.Collections.Concurrent;

namespace Calls.Server.Observability.Metrics;

/// <summary>All metrics of one name: one child per combination of label values.</summary>
internal abstract class MetricFamily<TChild>(string name, string type, string help, MetricLabel[] labels) : IMetricSource
    where TChild : class
{
    private readonly ConcurrentDictionary<string, TChild> _children = new(StringComparer.Ordinal);

    /// <summary>The child of these label values, in the order of the labels. Keep it where it is needed often.</summary>
    /// <exception cref="ArgumentException">Not one value per label.</exception>
    public TChild With(params ReadOnlySpan<string> values)
    {
        if (values.Length != labels.Length)
        {
            throw new ArgumentException($"{name} has {labels.Length} labels.", nameof(values));
        }

        string text = "";
        for (int i = 0; i < labels.Length; i++)
        {
            text += $"{(i == 0 ? "" : ",")}{labels[i].Name}=\"{MetricsWriter.Escape(labels[i].Admit(values[i]))}\"";
        }

        return _children.GetOrAdd(text, static (_, family) => family.Create(), this);
    }

    public void Write(MetricsWriter writer)
    {
        writer.BeginFamily(name, type, help);
        foreach ((string labelText, TChild child) in _children.OrderBy(static child => child.Key, StringComparer.Ordinal))
        {
            WriteChild(writer, labelText, child);
        }
    }

    protected abstract TChild Create();

    protected abstract void WriteChild(MetricsWriter writer, string labelText, TChild child);
}
