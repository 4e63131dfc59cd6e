using Calls.Rtc.Rtp;

namespace Calls.Rtc.Tests.Rtp;

public sealed class SequenceNumberTests
{
    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(0, 65_535, true)]
    [InlineData(65_535, 0, false)]
    [InlineData(5, 5, false)]
    [InlineData(32_767, 0, true)]
    [InlineData(32_768, 0, false)]
    public void Newer_means_less_than_half_the_numbers_ahead(int candidate, int reference, bool isNewer) =>
        Assert.Equal(isNewer, SequenceNumber.IsNewer((ushort)candidate, (ushort)reference));

    [Theory]
    [InlineData(3, 65_530, 65_539)]
    [InlineData(65_535, 65_540, 65_535)]
    [InlineData(65_535, 2, -1)]
    [InlineData(10, 131_072, 131_082)]
    public void Extending_takes_the_nearest_number(int sequence, long reference, long expected) =>
        Assert.Equal(expected, SequenceNumber.Extend((ushort)sequence, reference));
}
