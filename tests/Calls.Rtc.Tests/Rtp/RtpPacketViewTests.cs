using Calls.Rtc.Rtp;
using Calls.Rtc.Tests.Srtp;

namespace Calls.Rtc.Tests.Rtp;

public sealed class RtpPacketViewTests
{
    [Fact]
    public void The_header_is_read_field_by_field()
    {
        byte[] bytes = new RtpPacketBuilder
        {
            Ssrc = 0xDEAD_BEEF,
            PayloadType = 96,
            SequenceNumber = 65_535,
            Timestamp = 4_000_000_000,
            HasMarker = true,
            Csrcs = [7, 8],
            Payload = [9, 9, 9],
        }.Build();

        Assert.True(RtpPacketView.TryParse(bytes, out RtpPacketView packet));
        Assert.Equal(0xDEAD_BEEF, packet.Ssrc);
        Assert.Equal(96, packet.PayloadType);
        Assert.Equal(65_535, packet.SequenceNumber);
        Assert.Equal(4_000_000_000, packet.Timestamp);
        Assert.True(packet.HasMarker);
        Assert.Equal([0, 0, 0, 7, 0, 0, 0, 8], packet.Csrcs.ToArray());
        Assert.Equal([9, 9, 9], packet.Payload.ToArray());
        Assert.False(packet.HasExtensionBlock);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Extensions_are_found_in_both_forms(bool twoByteForm)
    {
        byte[] bytes = new RtpPacketBuilder
        {
            Extensions = [(3, [1, 2, 3]), (1, [0x7F]), (14, [5, 6])],
            TwoByteForm = twoByteForm,
            Csrcs = [1],
        }.Build();

        Assert.True(RtpPacketView.TryParse(bytes, out RtpPacketView packet));
        Assert.True(packet.TryGetExtension(1, out ReadOnlySpan<byte> level));
        Assert.Equal([0x7F], level.ToArray());
        Assert.True(packet.TryGetExtension(14, out ReadOnlySpan<byte> last));
        Assert.Equal([5, 6], last.ToArray());
        Assert.False(packet.TryGetExtension(2, out _));
        Assert.False(packet.TryGetExtension(0, out _));
    }

    [Fact]
    public void An_extension_may_be_empty_in_the_two_byte_form()
    {
        byte[] bytes = new RtpPacketBuilder { Extensions = [(200, []), (201, [4])], TwoByteForm = true }.Build();

        Assert.True(RtpPacketView.TryParse(bytes, out RtpPacketView packet));
        Assert.True(packet.TryGetExtension(200, out ReadOnlySpan<byte> empty));
        Assert.Equal(0, empty.Length);
        Assert.True(packet.TryGetExtension(201, out _));
    }

    [Fact]
    public void Id_15_ends_a_one_byte_block()
    {
        byte[] bytes = new RtpPacketBuilder { Extensions = [(15, [0]), (1, [1])] }.Build();

        Assert.True(RtpPacketView.TryParse(bytes, out RtpPacketView packet));
        Assert.False(packet.TryGetExtension(1, out _));
    }

    [Fact]
    public void An_element_that_leaves_its_block_is_not_found()
    {
        byte[] bytes = new RtpPacketBuilder { Extensions = [(1, [1, 1, 1])], Payload = new byte[40] }.Build();
        bytes[16] = 0x1F;

        Assert.True(RtpPacketView.TryParse(bytes, out RtpPacketView packet));
        Assert.False(packet.TryGetExtension(1, out _));
    }

    [Fact]
    public void Padding_is_no_payload()
    {
        Assert.True(RtpPacketView.TryParse(new RtpPacketBuilder { Padding = 4 }.Build(), out RtpPacketView packet));
        Assert.Equal([1, 2, 3], packet.Payload.ToArray());
        Assert.False(packet.IsPaddingOnly);

        Assert.True(RtpPacketView.TryParse(new RtpPacketBuilder { Payload = [], Padding = 255 }.Build(), out packet));
        Assert.True(packet.IsPaddingOnly);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        byte[] good = new RtpPacketBuilder { Extensions = [(1, [1])], Padding = 2 }.Build();
        Assert.True(RtpPacketView.TryParse(good, out _));

        Assert.False(RtpPacketView.TryParse(good.AsSpan(0, 11), out _));
        Assert.False(RtpPacketView.TryParse(With(good, 0, 0x10), out _)); // version 0
        Assert.False(RtpPacketView.TryParse(With(good, 0, 0xBF), out _)); // 15 CSRCs
        Assert.False(RtpPacketView.TryParse(With(good, 15, 200), out _)); // 200 words of extensions
        Assert.False(RtpPacketView.TryParse(With(good, good.Length - 1, 0), out _)); // padding of 0
        Assert.False(RtpPacketView.TryParse(With(good, good.Length - 1, 6), out _)); // more padding than payload
        Assert.False(RtpPacketView.TryParse(good.AsSpan(0, 14), out _)); // ends within the extension header
    }

    [Fact]
    public void More_than_255_words_of_extensions_are_refused()
    {
        byte[] packet = new byte[12 + 4 + (256 * 4) + 1];
        packet[0] = 0x90;
        (packet[12], packet[13], packet[14], packet[15]) = (0xBE, 0xDE, 0, 255);
        Assert.True(RtpPacketView.TryParse(packet, out _));

        (packet[14], packet[15]) = (1, 0);
        Assert.False(RtpPacketView.TryParse(packet, out _));
    }

    [Fact]
    public void Recorded_browser_packets_carry_a_level_and_a_transport_wide_number()
    {
        int audioPackets = 0;
        foreach (string recording in RecordedPacket.Recordings)
        {
            foreach (RecordedPacket recorded in RecordedPacket.Read(recording).Where(packet => !packet.IsRtcp && packet.FromClient))
            {
                Assert.True(RtpPacketView.TryParse(recorded.Plain, out RtpPacketView packet));
                if (packet.PayloadType is 111 or 109 && !packet.IsPaddingOnly)
                {
                    audioPackets++;
                    Assert.True(packet.TryGetExtension(1, out ReadOnlySpan<byte> level));
                    Assert.Equal(1, level.Length);
                }
            }
        }

        Assert.True(audioPackets > 100, $"{audioPackets} audio packets");
    }

    [Fact]
    public void Random_and_mutated_packets_never_throw()
    {
        const int Seed = 20_260_101;
        var random = new Random(Seed);
        byte[] good = new RtpPacketBuilder { Extensions = [(1, [1]), (5, [1, 2])], Csrcs = [1, 2], Padding = 3 }.Build();
        byte[] goodTwoByte = new RtpPacketBuilder { Extensions = [(1, [1]), (50, [1, 2])], TwoByteForm = true }.Build();
        for (int i = 0; i < 40_000; i++)
        {
            byte[] bytes = (i % 3) switch
            {
                0 => new byte[random.Next(64)],
                1 => (byte[])good.Clone(),
                _ => (byte[])goodTwoByte.Clone(),
            };
            if (i % 3 == 0)
            {
                random.NextBytes(bytes);
            }
            else
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                ReadEverything(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {Seed}, input {i} {Convert.ToHexString(bytes)}: {exception}");
            }
        }
    }

    private static void ReadEverything(ReadOnlySpan<byte> bytes)
    {
        if (!RtpPacketView.TryParse(bytes, out RtpPacketView packet))
        {
            return;
        }

        for (int id = 0; id < 256; id++)
        {
            packet.TryGetExtension((byte)id, out _);
        }

        byte[] destination = new byte[bytes.Length + RtpWriter.MaxGrowth];
        var header = new OutboundRtpHeader(1, 2, false, 3, 4, new RtpExtensionIds(30, 20), 5, 6);
        int length = RtpWriter.Rewrite(packet, destination, header);
        Assert.True(RtpPacketView.TryParse(destination.AsSpan(0, length), out RtpPacketView copy));
        Assert.True(copy.Payload.SequenceEqual(packet.Payload));
    }

    private static byte[] With(byte[] packet, int index, byte value)
    {
        byte[] copy = (byte[])packet.Clone();
        copy[index] = value;
        return copy;
    }
}
