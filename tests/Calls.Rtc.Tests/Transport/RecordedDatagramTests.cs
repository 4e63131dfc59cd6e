using System.Globalization;
using System.Text.Json;
using Calls.Rtc.Dtls;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Tests.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

/// <summary>Every recorded datagram of both browsers, as far as it can be read without a handshake.</summary>
public sealed class RecordedDatagramTests
{
    [Fact]
    public void Every_handshake_datagram_and_record_is_told_apart_and_read()
    {
        int count = 0;
        foreach (string line in Directory.GetFiles(RecordedPacket.Directory, "*.hex").Where(static path => !path.EndsWith(".sctp.hex", StringComparison.Ordinal)).SelectMany(File.ReadLines))
        {
            string[] fields = line.Split(' ');
            if (line.StartsWith('#') || !fields[3].StartsWith("dtls", StringComparison.Ordinal))
            {
                continue;
            }

            byte[] datagram = Convert.FromHexString(fields[4]);
            Assert.Equal(PacketKind.Dtls, PacketDemuxer.Classify(datagram));
            Assert.True(DtlsRecordHeader.TryWalk(datagram, out _), line);
            count++;
        }

        Assert.True(count > 100, string.Create(CultureInfo.InvariantCulture, $"{count} datagrams"));
    }

    [Fact]
    public void Every_media_packet_is_told_apart_and_its_plaintext_read()
    {
        int count = 0;
        foreach (JsonElement packet in Directory.GetFiles(RecordedPacket.Directory, "*.srtp.jsonl").SelectMany(File.ReadLines).Select(static line => JsonDocument.Parse(line).RootElement))
        {
            byte[] datagram = Convert.FromHexString(packet.GetProperty("protected").GetString()!);
            byte[] plain = Convert.FromHexString(packet.GetProperty("plain").GetString()!);
            bool isRtcp = packet.GetProperty("kind").GetString() == "rtcp";
            Assert.Equal(isRtcp ? PacketKind.Rtcp : PacketKind.Rtp, PacketDemuxer.Classify(datagram));
            if (isRtcp)
            {
                var reader = new RtcpReader(plain);
                int blocks = 0;
                while (reader.MoveNext())
                {
                    blocks++;
                }

                Assert.True(blocks > 0 && !reader.IsMalformed, packet.ToString());
            }
            else
            {
                Assert.True(RtpPacketView.TryParse(plain, out RtpPacketView view), packet.ToString());
                Assert.Equal(packet.GetProperty("ssrc").GetUInt32(), view.Ssrc);
                Assert.Equal(packet.GetProperty("seq").GetUInt16(), view.SequenceNumber);
                Assert.Equal(packet.GetProperty("pt").GetByte(), view.PayloadType);
            }

            count++;
        }

        Assert.True(count > 1_000, string.Create(CultureInfo.InvariantCulture, $"{count} packets"));
    }
}
