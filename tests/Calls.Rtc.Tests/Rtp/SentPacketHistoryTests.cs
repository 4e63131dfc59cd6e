using Calls.Rtc.Rtp;

namespace Calls.Rtc.Tests.Rtp;

public sealed class SentPacketHistoryTests
{
    private const int Capacity = 32;

    private readonly PayloadHistory _payloads = new(Capacity, 1500);
    private readonly SentPacketHistory _history = new(Capacity);

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1200)]
    public void A_packet_comes_back_byte_for_byte(int payloadLength)
    {
        byte[] sent = Send(70_000, payloadLength);

        Assert.True(_history.TryGet(70_000, out SentPacket packet));
        Assert.Equal(sent, Bytes(packet));
        Assert.Equal((70_000, payloadLength), (packet.Sequence, packet.PayloadLength));
    }

    [Fact]
    public void What_was_rewritten_in_the_first_bytes_of_the_payload_is_kept_for_this_receiver()
    {
        byte[] source = Payload(100);
        long index = _payloads.Add(source);

        // The receiver's descriptor is a byte longer than the source's.
        byte[] sent = [.. new byte[20], 0xEE, 0xDD, .. source[1..]];
        _history.Add(5, sent, 101, _payloads, index, source.Length);

        Assert.True(_history.TryGet(5, out SentPacket packet));
        Assert.Equal(sent, Bytes(packet));
        byte[] payload = new byte[101];
        packet.CopyPayloadTo(payload);
        Assert.Equal(sent[20..], payload);
    }

    [Fact]
    public void The_oldest_packets_make_room()
    {
        for (int i = 0; i <= Capacity; i++)
        {
            Send(i, 100);
        }

        Assert.False(_history.TryGet(0, out _));
        Assert.True(_history.TryGet(1, out _));
        Assert.True(_history.TryGet(Capacity, out _));
        Assert.False(_history.TryGet(Capacity + 1, out _));
        Assert.False(_history.TryGet(-1, out _));
    }

    [Fact]
    public void A_payload_that_others_have_pushed_out_is_gone()
    {
        Send(0, 100);
        for (int i = 0; i < Capacity; i++)
        {
            _payloads.Add(Payload(10));
        }

        Assert.False(_history.TryGet(0, out _));
    }

    [Fact]
    public void A_packet_that_cannot_be_kept_takes_the_old_one_out_too()
    {
        Send(0, 100);
        _history.Add(Capacity, new byte[200], 20, _payloads, _payloads.Add(Payload(20)), 20); // a header of 180 bytes
        Assert.False(_history.TryGet(0, out _));
        Assert.False(_history.TryGet(Capacity, out _));
        Assert.Equal(-1, _payloads.Add(new byte[1501]));
    }

    [Fact]
    public void A_very_late_packet_does_not_push_a_newer_one_out()
    {
        byte[] newer = Send(Capacity + 3, 100);
        Send(3, 100);

        Assert.False(_history.TryGet(3, out _));
        Assert.True(_history.TryGet(Capacity + 3, out SentPacket packet));
        Assert.Equal(newer, Bytes(packet));
    }

    [Fact]
    public void A_packet_is_not_repeated_within_the_interval()
    {
        Send(0, 100);
        Assert.True(_history.TryRepeat(0, 1000, 100));
        Assert.False(_history.TryRepeat(0, 1099, 100));
        Assert.True(_history.TryRepeat(0, 1100, 100));
    }

    [Fact]
    public void A_retransmission_on_its_own_stream_is_turned_back_into_the_original()
    {
        byte[] sent = Send(70_000, 300, marker: true);
        Assert.True(_history.TryGet(70_000, out SentPacket packet));
        byte[] buffer = new byte[1500];
        var header = new OutboundRtpHeader(0x2222, 97, false, 9, 0, new(0, 5), null, 77);
        int length = RtxPacket.Write(buffer, header, packet);

        Assert.True(RtpPacketView.TryParse(buffer.AsSpan(0, length), out RtpPacketView rtx));
        Assert.Equal((0x2222u, 97, 9), (rtx.Ssrc, rtx.PayloadType, rtx.SequenceNumber));
        Assert.True(rtx.HasMarker);
        Assert.True(rtx.TryGetExtension(5, out ReadOnlySpan<byte> number));
        Assert.Equal([0, 77], number.ToArray());

        Assert.True(RtxPacket.TryUnwrap(buffer.AsSpan(0, length), 0x1111, 96, out RtpPacketView original));
        Assert.True(RtpPacketView.TryParse(sent, out RtpPacketView expected));
        Assert.Equal(
            (0x1111u, 96, 70_000 & 0xFFFF, expected.Timestamp, true), (original.Ssrc, original.PayloadType, (int)original.SequenceNumber, original.Timestamp, original.HasMarker));
        Assert.Equal(expected.Payload.ToArray(), original.Payload.ToArray());
    }

    [Fact]
    public void Padding_on_the_retransmission_stream_is_not_a_packet()
    {
        byte[] padding = new RtpPacketBuilder { Ssrc = 2, PayloadType = 97, Payload = [], Padding = 200 }.Build();
        Assert.False(RtxPacket.TryUnwrap(padding, 1, 96, out _));
        Assert.False(RtxPacket.TryUnwrap(new byte[3], 1, 96, out _));
    }

    [Fact]
    public void Random_bytes_are_unwrapped_or_refused_without_a_fault()
    {
        const int Seed = 3;
        var random = new Random(Seed);
        byte[] bytes = new byte[80];
        for (int i = 0; i < 30_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)(0x80 | (bytes[0] & 0x3F));
            if (RtxPacket.TryUnwrap(bytes.AsSpan(0, random.Next(bytes.Length)), 7, 96, out RtpPacketView original))
            {
                Assert.True(original.Ssrc == 7 && original.PayloadType == 96, $"seed {Seed}");
            }
        }
    }

    private static byte[] Bytes(in SentPacket packet)
    {
        byte[] bytes = new byte[packet.Length];
        Assert.Equal(bytes.Length, packet.CopyTo(bytes));
        return bytes;
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private byte[] Send(long sequence, int payloadLength, bool marker = false)
    {
        byte[] sent = new RtpPacketBuilder
        {
            Ssrc = 1,
            PayloadType = 96,
            SequenceNumber = (ushort)sequence,
            Timestamp = 1234,
            HasMarker = marker,
            Extensions = [(5, [1, 2])],
            Payload = Payload(payloadLength),
        }.Build();
        _history.Add(sequence, sent, payloadLength, _payloads, _payloads.Add(Payload(payloadLength)), payloadLength);
        return sent;
    }
}
