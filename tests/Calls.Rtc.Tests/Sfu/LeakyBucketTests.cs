using Calls.Rtc.Sfu;

namespace Calls.Rtc.Tests.Sfu;

public sealed class LeakyBucketTests
{
    [Fact]
    public void A_burst_fits_and_then_only_what_drains()
    {
        LeakyBucket bucket = default;
        Assert.Equal(200, Enumerable.Range(0, 300).Count(_ => bucket.TryAdd(5, 0, 1000)));
        Assert.Equal(10, Enumerable.Range(0, 300).Count(_ => bucket.TryAdd(5, 50, 1000)));
        Assert.Equal(200, Enumerable.Range(0, 300).Count(_ => bucket.TryAdd(5, 100_000, 1000)));
    }

    [Fact]
    public void A_bucket_filled_by_force_is_full_but_not_more()
    {
        LeakyBucket bucket = default;
        for (int i = 0; i < 100; i++)
        {
            bucket.Fill(500, 0, 1000);
        }

        Assert.False(bucket.TryAdd(1, 0, 1000));
        Assert.True(bucket.TryAdd(1000, 1000, 1000));
    }
}
