namespace Calls.Rtc.Sfu.Statistics;

/// <summary>Counts over all sessions of a server; only what is rare is counted here, never each packet.</summary>
/// <remarks>Any thread.</remarks>
internal sealed class LossCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<LossCounter>().Length];

    public void Add(LossCounter counter, long amount)
    {
        if (amount != 0)
        {
            Interlocked.Add(ref _counts[(int)counter], amount);
        }
    }

    public long Read(LossCounter counter) => Interlocked.Read(ref _counts[(int)counter]);
}
