using Calls.Rtc.Rtcp;
using Calls.Rtc.Tests.Srtp;

namespace Calls.Rtc.Tests.Rtcp;

public sealed class RtcpReaderTests
{
    [Fact]
    public void A_compound_is_split_into_its_packets()
    {
        byte[] datagram = new byte[200];
        int length = SenderReport.Write(datagram, 1, 2, 3, 4, 5);
        length += SourceDescription.Write(datagram.AsSpan(length), 1, "name"u8);
        length += PictureLossIndication.Write(datagram.AsSpan(length), 1, 9);

        Assert.Equal(
            [RtcpPacketType.SenderReport, RtcpPacketType.SourceDescription, RtcpPacketType.PayloadFeedback],
            Types(datagram.AsSpan(0, length), out bool isMalformed));
        Assert.False(isMalformed);
    }

    [Fact]
    public void A_lone_feedback_packet_is_taken()
    {
        byte[] datagram = new byte[12];
        PictureLossIndication.Write(datagram, 1, 9);

        Assert.Equal([RtcpPacketType.PayloadFeedback], Types(datagram, out bool isMalformed));
        Assert.False(isMalformed);
    }

    [Fact]
    public void Padding_is_taken_off()
    {
        byte[] datagram = [0xA1, 203, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4];
        var reader = new RtcpReader(datagram);

        Assert.True(reader.MoveNext());
        Assert.Equal(4, reader.Current.Body.Length);
        Assert.True(Goodbye.TryParse(reader.Current, out Goodbye goodbye));
        Assert.Equal(7u, goodbye[0]);
        Assert.False(reader.MoveNext());
        Assert.False(reader.IsMalformed);
    }

    [Theory]
    [InlineData("80C9")] // shorter than a header
    [InlineData("80C9000200000001")] // length beyond the datagram
    [InlineData("40C9000100000001")] // version 1
    [InlineData("A0C9000100000000")] // padding of 0
    [InlineData("A0C9000100000008")] // padding beyond the header
    public void Lengths_that_do_not_fit_end_the_datagram(string hex)
    {
        byte[] datagram = [0x81, 203, 0, 1, 0, 0, 0, 7, .. Convert.FromHexString(hex)];

        Assert.Equal([RtcpPacketType.Goodbye], Types(datagram, out bool isMalformed));
        Assert.True(isMalformed);
    }

    [Fact]
    public void Recorded_browser_datagrams_are_read_to_their_end()
    {
        var seen = new HashSet<RtcpPacketType>();
        foreach (RecordedPacket recorded in RecordedPacket.Recordings.SelectMany(RecordedPacket.Read).Where(packet => packet.IsRtcp))
        {
            var reader = new RtcpReader(recorded.Plain);
            while (reader.MoveNext())
            {
                seen.Add(reader.Current.Type);
                Assert.True(IsRead(reader.Current), Convert.ToHexString(recorded.Plain));
            }

            Assert.False(reader.IsMalformed);
        }

        Assert.Superset(
            new HashSet<RtcpPacketType> { RtcpPacketType.SenderReport, RtcpPacketType.ReceiverReport, RtcpPacketType.TransportFeedback }, seen);
    }

    [Fact]
    public void Random_and_mutated_datagrams_never_throw()
    {
        const int Seed = 20_260_102;
        var random = new Random(Seed);
        byte[][] recorded = [.. RecordedPacket.Read("chromium-sfu-active-gcm128").Where(packet => packet.IsRtcp).Select(packet => packet.Plain)];
        for (int i = 0; i < 40_000; i++)
        {
            byte[] bytes = i % 4 == 0 ? new byte[random.Next(80)] : (byte[])recorded[random.Next(recorded.Length)].Clone();
            if (i % 4 == 0)
            {
                random.NextBytes(bytes);
                if (bytes.Length >= 4)
                {
                    (bytes[0], bytes[1]) = ((byte)(0x80 | random.Next(64)), (byte)(200 + random.Next(8)));
                    (bytes[2], bytes[3]) = (0, (byte)random.Next(bytes.Length / 4));
                }
            }
            else
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                var reader = new RtcpReader(bytes);
                while (reader.MoveNext())
                {
                    _ = reader.Current.SenderSsrc;
                    IsRead(reader.Current);
                }
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, input {i} {Convert.ToHexString(bytes)}: {exception}");
            }
        }
    }

    // Touches every field of every packet type.
    private static bool IsRead(RtcpPacketView packet)
    {
        if (SenderReport.TryParse(packet, out SenderReport senderReport))
        {
            _ = (senderReport.Ssrc, senderReport.NtpTimestamp, senderReport.RtpTimestamp, senderReport.PacketCount, senderReport.OctetCount);
            return Touch(senderReport.Reports);
        }

        if (ReceiverReport.TryParse(packet, out ReceiverReport receiverReport))
        {
            _ = receiverReport.SenderSsrc;
            return Touch(receiverReport.Reports);
        }

        if (SourceDescription.TryParse(packet, out SourceDescription description))
        {
            description.TryGetCanonicalName(packet.SenderSsrc, out _);
            description.TryGetCanonicalName(1, out _);
            return true;
        }

        if (Goodbye.TryParse(packet, out Goodbye goodbye))
        {
            for (int i = 0; i < goodbye.Count; i++)
            {
                _ = goodbye[i];
            }

            return true;
        }

        if (Nack.TryParse(packet, out Nack nack))
        {
            for (int i = 0; i < nack.ItemCount; i++)
            {
                nack.GetItem(i, out _, out _);
            }

            return true;
        }

        if (FullIntraRequest.TryParse(packet, out FullIntraRequest request))
        {
            for (int i = 0; i < request.Count; i++)
            {
                _ = (request.MediaSsrc(i), request.SequenceNumber(i));
            }

            return true;
        }

        if (TransportCcFeedback.TryParse(packet, out TransportCcFeedback feedback))
        {
            int statuses = 0;
            TransportCcStatusReader reader = feedback.Statuses;
            while (reader.MoveNext())
            {
                statuses++;
            }

            Assert.Equal(feedback.StatusCount, statuses);
            return true;
        }

        return PictureLossIndication.TryParse(packet, out _);
    }

    private static bool Touch(ReportBlocks reports)
    {
        for (int i = 0; i < reports.Count; i++)
        {
            _ = reports[i];
        }

        return true;
    }

    private static List<RtcpPacketType> Types(ReadOnlySpan<byte> datagram, out bool isMalformed)
    {
        var types = new List<RtcpPacketType>();
        var reader = new RtcpReader(datagram);
        while (reader.MoveNext())
        {
            types.Add(reader.Current.Type);
        }

        isMalformed = reader.IsMalformed;
        return types;
    }
}
