using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

public sealed class RolloverCounterTests
{
    [Theory]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80)]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    [Trait("Spec", "media-34")]
    public void Seventy_thousand_packets_roll_the_counter_over_on_both_legs_of_a_forwarder(SrtpProfile profile)
    {
        using var publisher = new SrtpPair(profile, seed: 1);
        using var subscriber = new SrtpPair(profile, seed: 2);
        var publisherCounter = default(RolloverCounter);
        var subscriberCounter = default(RolloverCounter);
        byte[] buffer = new byte[200];
        uint lastIn = 0;
        uint lastOut = 0;

        for (int i = 0; i < 70_000; i++)
        {
            // The publisher starts at 1000, the forwarder numbers from 30,000: the two legs roll over at different packets.
            int length = SrtpPair.WriteRtp(buffer, ssrc: 7, (ushort)(1000 + i));
            Assert.True(publisherCounter.TryGet((ushort)(1000 + i), out lastIn));
            length = publisher.Outbound.Protect(buffer, length, lastIn);
            Assert.Equal(SrtpResult.Ok, publisher.Inbound.TryUnprotect(buffer.AsSpan(0, length), out length));

            length = SrtpPair.WriteRtp(buffer, ssrc: 8, (ushort)(30_000 + i));
            Assert.True(subscriberCounter.TryGet((ushort)(30_000 + i), out lastOut));
            length = subscriber.Outbound.Protect(buffer, length, lastOut);
            Assert.Equal(SrtpResult.Ok, subscriber.Inbound.TryUnprotect(buffer.AsSpan(0, length), out length));
        }

        Assert.Equal(1u, lastIn);
        Assert.Equal(1u, lastOut);
    }

    [Fact]
    public void A_retransmission_from_before_the_rollover_gets_the_old_counter()
    {
        var counter = default(RolloverCounter);
        Assert.Equal(0u, Get(ref counter, 65_530));
        Assert.Equal(1u, Get(ref counter, 3));
        Assert.Equal(0u, Get(ref counter, 65_530));
        Assert.Equal(1u, Get(ref counter, 4));
        Assert.Equal(1u, Get(ref counter, 30_000));
        Assert.Equal(1u, Get(ref counter, 60_000));
        Assert.Equal(2u, Get(ref counter, 10));
    }

    [Fact]
    public void A_packet_from_before_the_start_is_not_numbered_as_it_would_repeat_a_nonce_later()
    {
        var counter = default(RolloverCounter);
        Assert.Equal(0u, Get(ref counter, 2));
        Assert.False(counter.TryGet(65_535, out _));
        Assert.Equal(0u, Get(ref counter, 3));
    }

    [Fact]
    public void The_estimate_follows_RFC_3711_appendix_A_at_its_borders()
    {
        // s_l < 32768: SEQ - s_l > 32768 belongs to the round before.
        Assert.Equal((5L << 16) + 33_768, PacketIndex.Estimate((5L << 16) + 1000, 33_768));
        Assert.Equal((4L << 16) + 33_769, PacketIndex.Estimate((5L << 16) + 1000, 33_769));

        // s_l >= 32768: s_l - 32768 > SEQ belongs to the round after.
        Assert.Equal((5L << 16) + 7_232, PacketIndex.Estimate((5L << 16) + 40_000, 7_232));
        Assert.Equal((6L << 16) + 7_231, PacketIndex.Estimate((5L << 16) + 40_000, 7_231));
        Assert.True(PacketIndex.Estimate(PacketIndex.Max, 0) > PacketIndex.Max);
    }

    [Fact]
    public void SRTCP_indices_start_at_1_and_end_before_they_would_repeat()
    {
        var index = default(SrtcpIndex);
        Assert.True(index.TryNext(out uint first));
        Assert.True(index.TryNext(out uint second));
        Assert.Equal([1u, 2u], [first, second]);

        index = SrtcpIndex.StartAfter(0x7FFF_FFFE);
        Assert.True(index.TryNext(out uint last));
        Assert.Equal(0x7FFF_FFFFu, last);
        Assert.False(index.TryNext(out _));
    }

    private static uint Get(ref RolloverCounter counter, ushort sequenceNumber)
    {
        Assert.True(counter.TryGet(sequenceNumber, out uint value));
        return value;
    }
}
