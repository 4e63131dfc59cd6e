namespace Calls.Rtc.Sfu.Statistics;

/// <summary>Counts over all sessions of a server; only what is rare is counted here, never each packet. And how links fare.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class LossCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<LossCounter>().Length];

    /// <summary>What we report of what clients send.</summary>
    public LinkQuality Uplink { get; } = new();

    /// <summary>What clients report of what is sent to them.</summary>
    public LinkQuality Downlink { get; } = new();

    public void Add(LossCounter counter, long amount)
    {
        if (amount != 0)
        {
            Interlocked.Add(ref _counts[(int)counter], amount);
        }
    }

    public long Read(LossCounter counter) => Interlocked.Read(ref _counts[(int)counter]);
}
