namespace Calls.Rtc.Sfu.Statistics;

/// <summary>How often values of which size were seen. Any thread; allocates nothing after construction.</summary>
/// <param name="bounds">Inclusive upper bounds, ascending; larger values have a place of their own.</param>
public sealed class Distribution(double[] bounds)
{
    /// <summary>Shares from 0 to 1.</summary>
    internal static readonly double[] Portions = [.001, .005, .0075, .01, .025, .05, .075, .1, .25, .5, .75, 1];

    /// <summary>Seconds of network delay.</summary>
    internal static readonly double[] Latencies = [.001, .005, .0075, .01, .025, .05, .075, .1, .25, .3, .4, .5, .75, 1];

    private const double Millionths = 1_000_000;

    private readonly long[] _counts = new long[bounds.Length + 1];
    private long _sumMillionths;

    public IReadOnlyList<double> Bounds => bounds;

    public double Sum => Interlocked.Read(ref _sumMillionths) / Millionths;

    /// <summary>Values in each interval: up to each bound, and one for those above the last.</summary>
    public long[] ReadCounts()
    {
        long[] counts = new long[_counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Interlocked.Read(ref _counts[i]);
        }

        return counts;
    }

    /// <param name="value">Finite, not negative.</param>
    internal void Observe(double value)
    {
        int interval = 0;
        while (interval < bounds.Length && value > bounds[interval])
        {
            interval++;
        }

        Interlocked.Increment(ref _counts[interval]);
        Interlocked.Add(ref _sumMillionths, (long)(value * Millionths));
    }
}
