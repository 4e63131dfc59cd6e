using Calls.Rtc.Sfu.Layers;

namespace Calls.Rtc.Tests.Sfu.Layers;

public sealed class NumberGapsTests
{
    [Fact]
    public void What_is_left_out_leaves_no_gap_and_what_is_lost_does()
    {
        var gaps = default(NumberGaps);
        List<long> sent = [];
        foreach ((long number, bool skip) in ((long, bool)[])[(10, false), (11, true), (12, false), (14, false), (15, true), (16, true), (17, false)])
        {
            gaps.Advance(number, skip);
            if (!skip)
            {
                sent.Add(gaps.Compact(number));
            }
        }

        Assert.Equal([10, 11, 13, 14], sent);
        Assert.Equal(12, gaps.Compact(13)); // the lost one comes late, into its own place
    }

    [Fact]
    public void Numbers_stay_distinct_whatever_is_left_out_and_whatever_comes_late()
    {
        const int Seed = 128;
        var random = new Random(Seed);
        var gaps = default(NumberGaps);
        var sent = new HashSet<long>();
        List<long> late = [];
        for (long number = 0; number < 20_000; number++)
        {
            if (random.Next(10) == 0)
            {
                late.Add(number);
                continue;
            }

            bool skip = random.Next(3) == 0;
            gaps.Advance(number, skip);
            Assert.True(skip || sent.Add(gaps.Compact(number)), $"seed {Seed}, number {number}");
            if (late.Count > 0 && random.Next(5) == 0)
            {
                long old = late[0];
                late.RemoveAt(0);
                Assert.False(gaps.IsSkipped(old));
                Assert.True(gaps.IsForgotten(old) || sent.Add(gaps.Compact(old)), $"seed {Seed}, late number {old}");
            }
        }
    }
}
