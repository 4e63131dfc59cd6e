using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Tests.Rtcp;

public sealed class RtcpPacketTests
{
    private readonly byte[] _buffer = new byte[1500];

    [Fact]
    public void A_sender_report_survives_the_wire()
    {
        int length = SenderReport.Write(_buffer, 1, 0x0102_0304_0506_0708, 9, 10, 11);

        Assert.Equal("80C80006" + "00000001" + "0102030405060708" + "00000009" + "0000000A" + "0000000B", Hex(length));
        Assert.True(SenderReport.TryParse(Read(length), out SenderReport report));
        Assert.Equal(
            (1u, 0x0102_0304_0506_0708ul, 9u, 10u, 11u),
            (report.Ssrc, report.NtpTimestamp, report.RtpTimestamp, report.PacketCount, report.OctetCount));
        Assert.Equal(0, report.Reports.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    public void Receiver_reports_survive_the_wire(int count)
    {
        ReportBlock[] blocks = [.. Enumerable.Range(0, count).Select(
            i => new ReportBlock((uint)i, 255, -i, 0x0001_FFFF, 12, 0xAABB_CCDD, 65_536))];
        int length = ReceiverReport.Write(_buffer, 3, blocks);

        Assert.Equal(8 + (24 * count), length);
        Assert.True(ReceiverReport.TryParse(Read(length), out ReceiverReport report));
        Assert.Equal(3u, report.SenderSsrc);
        Assert.Equal(count, report.Reports.Count);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(blocks[i], report.Reports[i]);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(262_143, 262_143)]
    [InlineData(1_000_001, 1_000_000)]
    [InlineData(20_000_000_000, 19_999_948_800)]
    public void A_receivers_estimate_survives_the_wire_with_18_bits_of_precision(long bitsPerSecond, long read)
    {
        int length = ReceiverEstimatedMaxBitrate.Write(_buffer, 7, bitsPerSecond, 9);

        Assert.Equal("8FCE0005" + "00000007" + "00000000" + "52454D42", Hex(length)[..32]);
        Assert.True(ReceiverEstimatedMaxBitrate.TryParse(Read(length), out ReceiverEstimatedMaxBitrate estimate));
        Assert.InRange(estimate.BitsPerSecond, read - (read / 100_000), bitsPerSecond);
        Assert.Equal(7u, estimate.SenderSsrc);
        _buffer[16] = 2; // claims another SSRC than there is
        Assert.False(ReceiverEstimatedMaxBitrate.TryParse(Read(length), out _));
    }

    [Fact]
    public void The_lost_count_stays_within_24_bits()
    {
        var block = new ReportBlock(1, 3, int.MaxValue, 0, 0, 0, 0);
        block.Write(_buffer);
        Assert.Equal(0x7F_FFFF, ReportBlock.Read(_buffer).CumulativeLost);

        (block with { CumulativeLost = int.MinValue }).Write(_buffer);
        Assert.Equal(-0x80_0000, ReportBlock.Read(_buffer).CumulativeLost);
        Assert.Equal(3, ReportBlock.Read(_buffer).FractionLost);
    }

    [Fact]
    public void A_report_with_fewer_blocks_than_it_counts_is_refused()
    {
        int length = ReceiverReport.Write(_buffer, 3, new ReportBlock[2]);
        _buffer[0] = 0x83;

        Assert.False(ReceiverReport.TryParse(Read(length), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("four-byte-multiple..")]
    [InlineData("ab")]
    public void A_canonical_name_survives_the_wire(string name)
    {
        int length = SourceDescription.Write(_buffer, 5, System.Text.Encoding.UTF8.GetBytes(name));

        Assert.Equal(0, length % 4);
        Assert.True(SourceDescription.TryParse(Read(length), out SourceDescription description));
        Assert.True(description.TryGetCanonicalName(5, out ReadOnlySpan<byte> read));
        Assert.Equal(name, System.Text.Encoding.UTF8.GetString(read));
        Assert.False(description.TryGetCanonicalName(6, out _));
    }

    [Fact]
    public void The_name_of_the_second_chunk_is_found()
    {
        byte[] packet = Convert.FromHexString("82CA0005" + "00000001" + "02015800" + "00000002" + "01025A5A" + "00000000");
        var reader = new RtcpReader(packet);
        Assert.True(reader.MoveNext());

        Assert.True(SourceDescription.TryParse(reader.Current, out SourceDescription description));
        Assert.True(description.TryGetCanonicalName(2, out ReadOnlySpan<byte> name));
        Assert.Equal("ZZ"u8.ToArray(), name.ToArray());
    }

    [Fact]
    public void A_goodbye_survives_the_wire()
    {
        Assert.True(Goodbye.TryParse(Read(Goodbye.Write(_buffer, 77)), out Goodbye goodbye));
        Assert.Equal(1, goodbye.Count);
        Assert.Equal(77u, goodbye[0]);
    }

    [Fact]
    public void A_nack_item_names_17_packets_across_the_wrap()
    {
        ushort[] missing = [.. Enumerable.Range(65_530, 18).Select(number => (ushort)number)];
        int length = Nack.Write(_buffer, 1, 2, missing, out int written);

        Assert.Equal(18, written);
        Assert.True(Nack.TryParse(Read(length), out Nack nack));
        Assert.Equal((1u, 2u, 2), (nack.SenderSsrc, nack.MediaSsrc, nack.ItemCount));
        nack.GetItem(0, out ushort first, out ushort following);
        Assert.Equal((65_530, 0xFFFF), (first, following));
        nack.GetItem(1, out ushort second, out following);
        Assert.Equal((11, 0), (second, following));
    }

    [Fact]
    public void A_nack_names_what_fits()
    {
        ushort[] missing = [1, 100, 200];
        int length = Nack.Write(_buffer.AsSpan(0, 20), 1, 2, missing, out int written);

        Assert.Equal((20, 2), (length, written));
        Assert.Equal(0, Nack.Write(_buffer.AsSpan(0, 15), 1, 2, missing, out written));
        Assert.Equal(0, written);
    }

    [Fact]
    public void Key_frame_requests_survive_the_wire()
    {
        Assert.True(PictureLossIndication.TryParse(Read(PictureLossIndication.Write(_buffer, 1, 2)), out PictureLossIndication indication));
        Assert.Equal((1u, 2u), (indication.SenderSsrc, indication.MediaSsrc));

        Assert.True(FullIntraRequest.TryParse(Read(FullIntraRequest.Write(_buffer, 1, 2, 3)), out FullIntraRequest request));
        Assert.Equal((1u, 1, 2u, (byte)3), (request.SenderSsrc, request.Count, request.MediaSsrc(0), request.SequenceNumber(0)));
    }

    private RtcpPacketView Read(int length)
    {
        var reader = new RtcpReader(_buffer.AsSpan(0, length));
        Assert.True(reader.MoveNext());
        RtcpPacketView packet = reader.Current;
        Assert.False(reader.MoveNext());
        Assert.False(reader.IsMalformed);
        return packet;
    }

    private string Hex(int length) => Convert.ToHexString(_buffer.AsSpan(0, length));
}
