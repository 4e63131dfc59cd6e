namespace Calls.Rtc.Tests;

/// <summary>What a piece of work allocates on this thread.</summary>
internal static class Allocations
{
    private const int Rounds = 3;

    /// <summary>Bytes of the cheapest of a few rounds: what every packet costs is in each of them, what the runtime charges a thread once in a while is not.</summary>
    /// <param name="round">Gets the number of the round, from 0.</param>
    public static long PerRound(Action<int> round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round(i);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
