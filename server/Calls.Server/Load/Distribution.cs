namespace Calls.Server.Load;

/// <summary>Counts times from 10 µs to some minutes in steps of 2 %: quantiles of any number of values from a fixed amount of memory.</summary>
/// <remarks>Written by one thread; <see cref="Add(Distribution)"/> when it has ended.</remarks>
internal sealed class Distribution
{
    private const double Step = 1.02;
    private const double SmallestMs = 0.01;

    private static readonly double LogOfStep = Math.Log(Step);

    private readonly long[] _counts = new long[900];

    public long Count { get; private set; }

    /// <summary>Milliseconds.</summary>
    public double Max { get; private set; }

    public void Add(double milliseconds)
    {
        int bucket = milliseconds <= SmallestMs ? 0 : (int)Math.Ceiling(Math.Log(milliseconds / SmallestMs) / LogOfStep);
        _counts[Math.Min(bucket, _counts.Length - 1)]++;
        Max = Math.Max(Max, milliseconds);
        Count++;
    }

    public void Add(Distribution other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Max = Math.Max(Max, other.Max);
        Count += other.Count;
    }

    /// <summary>Milliseconds below which this share of the values lies, at most 2 % too high.</summary>
    public double Quantile(double share)
    {
        long rank = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (int i = 0; i < _counts.Length && Count > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(Max, SmallestMs * Math.Pow(Step, i));
            }
        }

        return 0;
    }
}
