using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

public sealed class RandomSsrcSourceTests
{
    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(uint.MaxValue - 5, 1u)]
    [InlineData(7u, 0x9E37_79B8u)]
    public void Numbers_are_neither_zero_nor_repeated(uint start, uint step)
    {
        var source = new RandomSsrcSource(start, step);
        uint[] drawn = [.. Enumerable.Range(0, 100_000).Select(_ => source.Next())];

        Assert.DoesNotContain(0u, drawn);
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
    }

    [Fact]
    public void Two_sessions_differ() =>
        Assert.NotEqual(RandomSsrcSource.Create().Next(), RandomSsrcSource.Create().Next());
}
