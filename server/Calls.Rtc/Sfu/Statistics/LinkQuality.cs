using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Sfu.Statistics;

/// <summary>What the report blocks of one direction say, of each stream about once a second (RFC 3550 section 6.4).</summary>
public sealed class LinkQuality
{
    /// <summary>Share of packets lost since the report before, repaired or not.</summary>
    public Distribution Loss { get; } = new(Distribution.Portions);

    /// <summary>Seconds.</summary>
    public Distribution Jitter { get; } = new(Distribution.Latencies);

    /// <summary>Seconds. Nothing is known of it on the way up: only clients send reports that we can answer with one.</summary>
    public Distribution RoundTrip { get; } = new(Distribution.Latencies);

    internal void Observe(in ReportBlock block, uint clockRate)
    {
        Loss.Observe(block.FractionLost / 256.0);
        Jitter.Observe(block.Jitter / (double)clockRate);
    }
}
