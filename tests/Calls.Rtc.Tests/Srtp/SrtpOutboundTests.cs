using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

public sealed class SrtpOutboundTests
{
    [Theory]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80, 10, 14)]
    [InlineData(SrtpProfile.AeadAes128Gcm, 16, 20)]
    public void A_packet_grows_by_the_overhead_and_needs_no_more_room_than_that(SrtpProfile profile, int rtpOverhead, int rtcpOverhead)
    {
        using var pair = new SrtpPair(profile);
        Assert.Equal(rtpOverhead, pair.Outbound.RtpOverhead);
        Assert.Equal(rtcpOverhead, pair.Outbound.RtcpOverhead);

        byte[] buffer = new byte[200];
        int length = SrtpPair.WriteRtp(buffer, ssrc: 7, sequenceNumber: 1);
        Assert.Equal(0, pair.Outbound.Protect(buffer.AsSpan(0, length + rtpOverhead - 1), length, 0));
        Assert.Equal(length + rtpOverhead, pair.Outbound.Protect(buffer.AsSpan(0, length + rtpOverhead), length, 0));

        length = SrtpPair.WriteRtcp(buffer, ssrc: 7);
        Assert.Equal(0, pair.Outbound.ProtectRtcp(buffer.AsSpan(0, length + rtcpOverhead - 1), length, 1));
        Assert.Equal(length + rtcpOverhead, pair.Outbound.ProtectRtcp(buffer.AsSpan(0, length + rtcpOverhead), length, 1));
    }

    [Fact]
    public void What_is_no_RTP_packet_is_not_protected()
    {
        using var pair = new SrtpPair(SrtpProfile.AeadAes128Gcm);
        byte[] buffer = new byte[200];
        Assert.Equal(0, pair.Outbound.Protect(buffer, 20, 0));
        buffer[0] = 0x80;
        Assert.Equal(0, pair.Outbound.Protect(buffer, 11, 0));
        Assert.Equal(0, pair.Outbound.Protect(buffer, -1, 0));
        Assert.Equal(0, pair.Outbound.Protect(buffer, 201, 0));
        Assert.Equal(0, pair.Outbound.ProtectRtcp(buffer, 7, 1));
        Assert.Equal(0, pair.Outbound.ProtectRtcp(buffer, 20, 0x8000_0000));
        Assert.Equal(28, pair.Outbound.Protect(buffer, 12, 0));
    }

    [Theory]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80)]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    public void Threads_may_share_it(SrtpProfile profile)
    {
        using var pair = new SrtpPair(profile);
        byte[] expected = pair.Protect(ssrc: 7, sequenceNumber: 9, payloadLength: 160);

        Parallel.For(0, 4, _ =>
        {
            byte[] buffer = new byte[300];

            for (int i = 0; i < 5_000; i++)
            {
                int length = SrtpPair.WriteRtp(buffer, ssrc: 7, sequenceNumber: 9, payloadLength: 160);
                length = pair.Outbound.Protect(buffer, length, 0);
                Assert.True(buffer.AsSpan(0, length).SequenceEqual(expected));
            }
        });
    }
}
