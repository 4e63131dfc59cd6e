using System.Buffers.Binary;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

/// <summary>RFC 4571, section 2.</summary>
public sealed class FrameReaderTests
{
    private readonly FrameReader _reader = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(10_000)]
    public void Packets_come_out_whole_however_the_stream_is_cut(int pieceSize)
    {
        byte[][] packets = [[1], [], [.. Enumerable.Range(0, 1_500).Select(i => (byte)i)], [2, 3], new byte[1_500]];
        byte[] stream = [.. packets.SelectMany(packet => Frame(packet))];
        var read = new List<byte[]>();

        foreach (byte[] piece in stream.Chunk(pieceSize))
        {
            ReadOnlySpan<byte> rest = piece;
            while (_reader.TryRead(ref rest, 8_192, out Span<byte> packet) == FrameResult.Packet)
            {
                read.Add(packet.ToArray());
            }

            Assert.True(rest.IsEmpty);
        }

        Assert.Equal(packets, read);
    }

    [Fact]
    public void A_packet_that_no_datagram_carries_is_skipped_and_the_next_one_is_read()
    {
        byte[] stream = [.. Frame(new byte[1_501]), .. Frame([7])];
        ReadOnlySpan<byte> rest = stream;

        Assert.Equal(FrameResult.Skipped, _reader.TryRead(ref rest, 8_192, out _));
        Assert.Equal(FrameResult.Packet, _reader.TryRead(ref rest, 8_192, out Span<byte> packet));
        Assert.Equal([7], packet.ToArray());
        Assert.Equal(FrameResult.Incomplete, _reader.TryRead(ref rest, 8_192, out _));
    }

    [Theory]
    [InlineData(512, 512, (int)FrameResult.Packet)]
    [InlineData(513, 512, (int)FrameResult.Violation)]
    [InlineData(8_192, 8_192, (int)FrameResult.Skipped)]
    [InlineData(8_193, 8_192, (int)FrameResult.Violation)]
    [InlineData(65_535, 8_192, (int)FrameResult.Violation)]
    public void A_length_beyond_what_is_allowed_is_a_violation(int length, int maxLength, int expected)
    {
        byte[] stream = Frame(new byte[length]);
        ReadOnlySpan<byte> rest = stream;

        Assert.Equal((FrameResult)expected, _reader.TryRead(ref rest, maxLength, out _));
    }

    [Fact]
    public void A_violation_is_known_before_its_packet_has_arrived()
    {
        ReadOnlySpan<byte> rest = [0xFF, 0xFF];

        Assert.Equal(FrameResult.Violation, _reader.TryRead(ref rest, 8_192, out _));
    }

    [Fact]
    public void Random_bytes_end_in_packets_or_in_a_violation_and_never_read_backwards()
    {
        const int Seed = 4571;
        var random = new Random(Seed);
        byte[] bytes = new byte[4_096];
        for (int i = 0; i < 20_000; i++)
        {
            var reader = new FrameReader();
            int length = random.Next(bytes.Length);
            random.NextBytes(bytes.AsSpan(0, length));
            // Lengths that are possible, so that more than the first one is looked at.
            for (int at = 0; at < length; at += 1 + random.Next(200))
            {
                bytes[at] = (byte)random.Next(3);
            }

            ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
            FrameResult result;
            int before;
            do
            {
                before = rest.Length;
                result = reader.TryRead(ref rest, 8_192, out Span<byte> packet);
                Assert.True(packet.Length <= PacketBuffer.MaxDatagram && rest.Length <= before, $"seed {Seed}, round {i}");
            }
            while (result is FrameResult.Packet or FrameResult.Skipped);

            Assert.True(result == FrameResult.Violation || rest.IsEmpty, $"seed {Seed}, round {i}");
        }
    }

    internal static byte[] Frame(ReadOnlySpan<byte> packet)
    {
        byte[] frame = new byte[FrameReader.HeaderSize + packet.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)packet.Length);
        packet.CopyTo(frame.AsSpan(FrameReader.HeaderSize));
        return frame;
    }
}
