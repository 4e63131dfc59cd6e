using Calls.Rtc.Rtp;

namespace Calls.Rtc.Tests.Rtp;

public sealed class RedPayloadTests
{
    [Fact]
    public void A_primary_block_alone()
    {
        Assert.True(RedPayload.TryParse([111, 1, 2, 3], out RedPayload red));
        Assert.Equal((0, 111), (red.RedundantCount, red.PrimaryPayloadType));
        Assert.Equal([1, 2, 3], red.Primary.ToArray());
    }

    [Fact]
    public void Redundant_blocks_come_oldest_first()
    {
        // Two blocks of 2 and 3 bytes, 1920 and 960 ticks old (RFC 2198, section 3).
        byte[] payload = [0x80 | 111, 0x1E, 0x00, 0x02, 0x80 | 111, 0x0F, 0x00, 0x03, 111, 1, 2, 3, 4, 5, 9];
        Assert.True(RedPayload.TryParse(payload, out RedPayload red));

        Assert.Equal(2, red.RedundantCount);
        Assert.Equal([1, 2], red.Redundant(0, out byte type, out int offset).ToArray());
        Assert.Equal((111, 1920), (type, offset));
        Assert.Equal([3, 4, 5], red.Redundant(1, out _, out offset).ToArray());
        Assert.Equal(960, offset);
        Assert.Equal([9], red.Primary.ToArray());
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        byte[] payload = new byte[100];
        int length = RedPayload.Write(payload, 109, [1, 2, 3], 960, [4, 5]);
        Assert.True(RedPayload.TryParse(payload.AsSpan(0, length), out RedPayload red));

        Assert.Equal([1, 2, 3], red.Redundant(0, out byte type, out int offset).ToArray());
        Assert.Equal((109, 960), (type, offset));
        Assert.Equal([4, 5], red.Primary.ToArray());

        red.SetPayloadTypes(payload, 63);
        red.Redundant(0, out type, out offset);
        Assert.Equal((63, 63, 960, 1), (type, red.PrimaryPayloadType, offset, red.RedundantCount));
        Assert.Equal(3, RedPayload.Write(payload, 109, [], 0, [4, 5]));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 111 })]
    [InlineData(new byte[] { 0x80 | 111, 0, 0 })]
    [InlineData(new byte[] { 0x80 | 111, 0, 0, 2, 111, 1, 2 })]
    [InlineData(new byte[] { 0x80 | 111, 0, 0, 2 })]
    public void Blocks_that_claim_more_than_there_is_are_refused(byte[] payload) => Assert.False(RedPayload.TryParse(payload, out _));

    [Fact]
    public void More_blocks_than_anybody_sends_are_refused()
    {
        byte[] header = [0x80 | 111, 0, 0, 0];
        byte[] four = [.. header, .. header, .. header, .. header, 111, 1];
        Assert.True(RedPayload.TryParse(four, out _));
        Assert.False(RedPayload.TryParse([.. header, .. four], out _));
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_without_a_fault()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        byte[] bytes = new byte[60];
        for (int i = 0; i < 30_000; i++)
        {
            random.NextBytes(bytes);
            ReadOnlySpan<byte> payload = bytes.AsSpan(0, random.Next(bytes.Length));
            if (!RedPayload.TryParse(payload, out RedPayload red))
            {
                continue;
            }

            int total = 1 + (4 * red.RedundantCount) + red.Primary.Length;
            for (int block = 0; block < red.RedundantCount; block++)
            {
                total += red.Redundant(block, out _, out _).Length;
            }

            Assert.True(total == payload.Length, $"seed {Seed}");
        }
    }
}
