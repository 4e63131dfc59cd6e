using System.Globalization;
using System.Text;

namespace Calls.Server.Observability.Metrics;

/// <summary>Writes the text exposition format of Prometheus, version 0.0.4.</summary>
/// <param name="prefix">Goes in front of every name that is written, such as <c>rtcd_</c>.</param>
internal sealed class MetricsWriter(StringBuilder output, string prefix)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private string _name = "";

    /// <summary>The same page without a prefix, for names that belong to no product (<c>process_</c>, <c>go_</c>).</summary>
    public MetricsWriter WithoutPrefix => new(output, "");

    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
    public void BeginFamily(string name, string type, string help)
    {
        _name = prefix + name;
        output.Append("# HELP ").Append(_name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
            .Append("\n# TYPE ").Append(_name).Append(' ').Append(type).Append('\n');
    }

    /// <summary>One sample of the family that was begun.</summary>
    /// <param name="labelText">As in the format, without braces; empty = no labels.</param>
    /// <param name="suffix">Appended to the family's name: <c>_sum</c>, <c>_count</c>, <c>_bucket</c>.</param>
    public void Sample(double value, string labelText = "", string suffix = "")
    {
        output.Append(_name).Append(suffix);
        if (labelText.Length > 0)
        {
            output.Append('{').Append(labelText).Append('}');
        }

        output.Append(' ').Append(Format(value)).Append('\n');
    }

    /// <summary>One histogram of the family that was begun.</summary>
    /// <param name="bounds">Inclusive upper bounds, without the infinite one.</param>
    /// <param name="counts">Between the bounds, not cumulated; one more than bounds.</param>
    public void Histogram(string labelText, IReadOnlyList<double> bounds, IReadOnlyList<long> counts, double sum)
    {
        string separator = labelText.Length == 0 ? "" : ",";
        long cumulative = 0;
        for (int i = 0; i < counts.Count; i++)
        {
            cumulative += counts[i];
            double bound = i < bounds.Count ? bounds[i] : double.PositiveInfinity;
            Sample(cumulative, $"{labelText}{separator}le=\"{Format(bound)}\"", "_bucket");
        }

        Sample(sum, labelText, "_sum");
        Sample(cumulative, labelText, "_count");
    }

    /// <summary>A family of one sample.</summary>
    public void Gauge(string name, string help, double value)
    {
        BeginFamily(name, "gauge", help);
        Sample(value);
    }

    /// <summary>A family of one sample.</summary>
    public void Counter(string name, string help, double value)
    {
        BeginFamily(name, "counter", help);
        Sample(value);
    }

    /// <summary>A label value as it stands between quotes.</summary>
    public static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>A number as the format wants it.</summary>
    public static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
