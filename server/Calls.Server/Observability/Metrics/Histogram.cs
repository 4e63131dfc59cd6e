namespace Calls.Server.Observability.Metrics;

/// <summary>Counts values by size. Thread-safe; a scrape between two steps of an observation may miss its sum.</summary>
/// <param name="bounds">Inclusive upper bounds, ascending, without the infinite one.</param>
internal sealed class Histogram(double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private readonly Gauge _sum = new();

    public double Sum => _sum.Value;

    public long Count
    {
        get
        {
            long count = 0;
            for (int i = 0; i < _counts.Length; i++)
            {
                count += Interlocked.Read(ref _counts[i]);
            }

            return count;
        }
    }

    /// <summary>A value that is no number is left out: it would spoil the sum for good.</summary>
    public void Observe(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        int bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        _sum.Add(value);
    }

    internal void Write(MetricsWriter writer, string labelText)
    {
        long[] counts = new long[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        writer.Histogram(labelText, bounds, counts, _sum.Value);
    }
}
