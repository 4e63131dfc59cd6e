using Calls.Rtc.Tests.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class PacketDemuxerTests
{
    [Fact]
    public void The_first_byte_decides()
    {
        byte[] datagram = new byte[20];
        datagram[1] = 111;
        for (int first = 0; first < 256; first++)
        {
            datagram[0] = (byte)first;
            PacketKind expected = first switch
            {
                >= 20 and <= 63 => PacketKind.Dtls,
                >= 128 and <= 191 => PacketKind.Rtp,
                _ => PacketKind.Unknown,
            };

            Assert.Equal(expected, PacketDemuxer.Classify(datagram));
        }
    }

    [Fact]
    public void The_second_byte_tells_rtcp_from_rtp()
    {
        byte[] datagram = new byte[12];
        datagram[0] = 0x80;
        for (int second = 0; second < 256; second++)
        {
            datagram[1] = (byte)second;

            Assert.Equal(second is >= 192 and <= 223 ? PacketKind.Rtcp : PacketKind.Rtp, PacketDemuxer.Classify(datagram));
        }
    }

    [Fact]
    public void Every_recorded_check_is_stun_and_a_wrong_cookie_or_length_is_not()
    {
        foreach (RecordedStun recorded in RecordedStun.All)
        {
            Assert.Equal(PacketKind.Stun, PacketDemuxer.Classify(recorded.Datagram));
            Assert.Equal(PacketKind.Unknown, PacketDemuxer.Classify(recorded.Datagram.AsSpan(0, recorded.Datagram.Length - 1)));
            byte[] wrongCookie = [.. recorded.Datagram];
            wrongCookie[4] ^= 1;
            Assert.Equal(PacketKind.Unknown, PacketDemuxer.Classify(wrongCookie));
        }
    }

    [Theory]
    [InlineData(0x16, 12)]
    [InlineData(0x80, 11)]
    [InlineData(0x00, 16)]
    [InlineData(0x80, 7)]
    [InlineData(0x80, 0)]
    public void What_is_shorter_than_its_header_is_unknown(byte first, int length)
    {
        byte[] datagram = new byte[length];
        if (length > 0)
        {
            datagram[0] = first;
        }

        Assert.Equal(PacketKind.Unknown, PacketDemuxer.Classify(datagram));
    }

    [Fact]
    public void Random_datagrams_never_throw()
    {
        var random = new Random(7983);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] datagram = new byte[random.Next(32)];
            random.NextBytes(datagram);
            PacketDemuxer.Classify(datagram);
        }
    }
}
