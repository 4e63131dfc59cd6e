using System.Diagnostics;

namespace Calls.Rtc.Sfu;

/// <summary>How long it takes to write a packet to one subscriber: encryption and the hand-over to the socket. One packet in 64 is timed.</summary>
/// <remarks>Written by the publisher's loop alone; whoever reads may miss the last one.</remarks>
internal struct WriteTimes
{
    /// <summary>Inclusive upper bounds in seconds, those of rtcd's metric (rtcd.md 10).</summary>
    public static readonly double[] Bounds = [.001, .005, .0075, .01, .025, .05, .075, .1, .25, .3, .4, .5, .75, 1];

    private const long SampleMask = 63;

    private readonly long[] _counts = new long[Bounds.Length + 1];
    private double _sum;
    private long _packets;

    public WriteTimes()
    {
    }

    /// <summary>How many fell under each bound and above the one before, the last above all of them.</summary>
    public readonly ReadOnlySpan<long> Counts => _counts;

    /// <summary>Seconds.</summary>
    public readonly double Sum => _sum;

    /// <summary>[loop] The time before a packet is written; 0 = this one is not timed.</summary>
    public long Begin() => (++_packets & SampleMask) == 0 ? Stopwatch.GetTimestamp() : 0;

    /// <summary>[loop]</summary>
    /// <param name="start">What <see cref="Begin"/> gave.</param>
    public void End(long start, int subscribers)
    {
        if (start == 0 || subscribers == 0)
        {
            return;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / subscribers;
        int bucket = 0;
        while (bucket < Bounds.Length && seconds > Bounds[bucket])
        {
            bucket++;
        }

        _counts[bucket]++;
        _sum += seconds;
    }
}
