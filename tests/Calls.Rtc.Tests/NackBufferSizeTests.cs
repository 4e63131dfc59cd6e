namespace Calls.Rtc.Tests;

public sealed class NackBufferSizeTests
{
    [Theory]
    [Trait("Spec", "media-3")]
    [InlineData(0, null)]
    [InlineData(32, null)]
    [InlineData(8192, null)]
    [InlineData(16, "invalid NACKBufferSize value: should be at least 32")]
    [InlineData(-1, "invalid NACKBufferSize value: should be at least 32")]
    [InlineData(100, "invalid NACKBufferSize value: must be a power of 2 (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)")]
    [InlineData(16_384, "invalid NACKBufferSize value: should not exceed 8192")]
    public void A_size_is_a_power_of_two_from_32_to_8192_or_left_to_us(int value, string? refusal) =>
        Assert.Equal(refusal, NackBufferSize.Validate(value));

    [Fact]
    public void Nothing_set_means_256() => Assert.Equal((256, 512), (NackBufferSize.Packets(0), NackBufferSize.Packets(512)));
}
