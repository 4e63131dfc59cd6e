using Calls.Server.Load;

namespace Calls.Server.Tests.Load;

public sealed class DistributionTests
{
    [Fact]
    public void Quantiles_are_within_2_percent()
    {
        var distribution = new Distribution();
        for (int i = 1; i <= 10_000; i++)
        {
            distribution.Add(i / 100.0); // 0.01 to 100 ms, evenly
        }

        Assert.InRange(distribution.Quantile(0.5), 50, 51);
        Assert.InRange(distribution.Quantile(0.95), 95, 96.9);
        Assert.InRange(distribution.Quantile(0.99), 99, 100);
        Assert.Equal((100, 10_000), (distribution.Quantile(1), distribution.Count));
    }

    [Fact]
    public void Two_are_one_when_added()
    {
        var one = new Distribution();
        var other = new Distribution();
        one.Add(1);
        other.Add(100);
        one.Add(other);

        Assert.InRange(one.Quantile(0.5), 1, 1.02);
        Assert.Equal((100, 2), (one.Max, one.Count));
    }

    [Fact]
    public void Nothing_has_no_quantile_and_extremes_have_a_place()
    {
        var distribution = new Distribution();
        Assert.Equal(0, distribution.Quantile(0.5));

        distribution.Add(0);
        distribution.Add(-1);
        distribution.Add(double.MaxValue);
        Assert.Equal(3, distribution.Count);
    }
}
