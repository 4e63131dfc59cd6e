using Calls.Rtc.Rtp;

namespace Calls.Rtc.Tests.Rtp;

public sealed class RtpWriterTests
{
    private readonly byte[] _buffer = new byte[1500];

    [Fact]
    public void The_extension_block_is_written_afresh_under_the_subscribers_ids()
    {
        byte[] source = new RtpPacketBuilder
        {
            Ssrc = 1,
            HasMarker = true,
            Csrcs = [77],
            Extensions = [(1, [0x85]), (4, [1, 2, 3]), (5, [9, 9])],
            Payload = [10, 11, 12],
            Padding = 5,
        }.Build();

        RtpPacketView packet = Rewrite(source, new OutboundRtpHeader(2, 109, true, 500, 96_000, new RtpExtensionIds(3, 7), 0x85, 0x1234));

        Assert.Equal((2u, (byte)109, (ushort)500, 96_000u), (packet.Ssrc, packet.PayloadType, packet.SequenceNumber, packet.Timestamp));
        Assert.True(packet.HasMarker);
        Assert.Equal([0, 0, 0, 77], packet.Csrcs.ToArray());
        Assert.Equal([10, 11, 12], packet.Payload.ToArray());
        Assert.True(packet.TryGetExtension(3, out ReadOnlySpan<byte> level));
        Assert.Equal([0x85], level.ToArray());
        Assert.True(packet.TryGetExtension(7, out ReadOnlySpan<byte> number));
        Assert.Equal([0x12, 0x34], number.ToArray());
        Assert.False(packet.TryGetExtension(1, out _));
        Assert.False(packet.TryGetExtension(4, out _));
        Assert.False(packet.TryGetExtension(5, out _));

        // 12 + 4 of CSRC, 4 + 5 rounded up to 12 of extensions, 3 of payload: no padding.
        Assert.Equal(31, packet.Length);
    }

    [Fact]
    public void Without_negotiated_extensions_there_is_no_block()
    {
        byte[] source = new RtpPacketBuilder { Extensions = [(1, [0x85])] }.Build();

        RtpPacketView packet = Rewrite(source, new OutboundRtpHeader(2, 109, false, 500, 0, default, 0x85, 0));

        Assert.False(packet.HasExtensionBlock);
        Assert.Equal(15, packet.Length);
    }

    [Fact]
    public void A_packet_without_a_level_gets_none()
    {
        RtpPacketView packet = Rewrite(
            new RtpPacketBuilder().Build(), new OutboundRtpHeader(2, 109, false, 1, 0, new RtpExtensionIds(3, 0), null, 0));

        Assert.False(packet.HasExtensionBlock);
    }

    [Fact]
    public void Ids_above_14_use_the_two_byte_form()
    {
        RtpPacketView packet = Rewrite(
            new RtpPacketBuilder().Build(), new OutboundRtpHeader(2, 109, false, 1, 0, new RtpExtensionIds(15, 255), 1, 2));

        Assert.True(packet.TryGetExtension(15, out ReadOnlySpan<byte> level));
        Assert.Equal([1], level.ToArray());
        Assert.True(packet.TryGetExtension(255, out ReadOnlySpan<byte> number));
        Assert.Equal([0, 2], number.ToArray());
        Assert.Equal(12 + RtpWriter.MaxGrowth + 3, packet.Length);
    }

    private RtpPacketView Rewrite(byte[] source, OutboundRtpHeader header)
    {
        Assert.True(RtpPacketView.TryParse(source, out RtpPacketView packet));
        Array.Fill(_buffer, (byte)0xEE);
        int length = RtpWriter.Rewrite(packet, _buffer, header);
        Assert.True(RtpPacketView.TryParse(_buffer.AsSpan(0, length), out RtpPacketView result));
        return result;
    }
}
