using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class OutboundFramesTests
{
    private readonly StreamSegments _memory = new(maxSegments: 64);

    [Fact]
    public void What_goes_in_comes_out_framed_and_in_order_however_it_is_taken()
    {
        const int Seed = 6544;
        var random = new Random(Seed);
        var frames = new OutboundFrames(_memory);
        var reader = new FrameReader();
        var waiting = new Queue<byte[]>();
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(2) == 0)
            {
                byte[] packet = new byte[random.Next(1_501)];
                random.NextBytes(packet);
                if (frames.TryAdd(packet, isMedia: true))
                {
                    waiting.Enqueue(packet);
                }
            }
            else
            {
                int taken = Math.Min(frames.Next.Length, random.Next(4_000));
                ReadOnlySpan<byte> stream = frames.Next[..taken].ToArray();
                frames.Advance(taken);
                while (reader.TryRead(ref stream, 2_000, out Span<byte> packet) == FrameResult.Packet)
                {
                    read++;
                    Assert.True(packet.SequenceEqual(waiting.Dequeue()), $"seed {Seed}, round {i}");
                }
            }

            Assert.InRange(frames.Bytes, 0, OutboundFrames.MaxMediaBytes);
        }

        Assert.True(read > 5_000, $"{read} read");
        frames.Clear();
        Assert.Equal((0, 0), (frames.Bytes, _memory.InUse));
    }

    [Fact]
    public void Media_is_refused_past_its_limit_while_checks_and_handshakes_still_fit()
    {
        var frames = new OutboundFrames(_memory);
        while (frames.TryAdd(new byte[1_200], isMedia: true))
        {
            Assert.InRange(frames.Bytes, 0, OutboundFrames.MaxMediaBytes);
        }

        int media = frames.Bytes;
        Assert.InRange(media, OutboundFrames.MaxMediaBytes - 1_202, OutboundFrames.MaxMediaBytes);
        Assert.True(frames.TryAdd(new byte[100], isMedia: false));
        while (frames.TryAdd(new byte[1_200], isMedia: false))
        {
            Assert.InRange(frames.Bytes, 0, OutboundFrames.MaxBytes);
        }

        Assert.InRange(frames.Bytes, OutboundFrames.MaxBytes - 1_202, OutboundFrames.MaxBytes);
        Assert.False(frames.TryAdd(new byte[100], isMedia: true));
    }

    [Fact]
    public void Memory_is_held_only_while_something_waits_and_never_beyond_the_limit_of_the_loop()
    {
        var few = new StreamSegments(maxSegments: 2);
        var first = new OutboundFrames(few);
        var second = new OutboundFrames(few);
        Assert.True(first.TryAdd(new byte[100], isMedia: true));
        Assert.True(second.TryAdd(new byte[100], isMedia: true));
        while (first.TryAdd(new byte[1_200], isMedia: true))
        {
            Assert.Equal(2, few.InUse);
        }

        Assert.InRange(first.Bytes, StreamSegments.SegmentSize - 1_202, StreamSegments.SegmentSize);
        second.Advance(second.Next.Length);
        Assert.Equal(1, few.InUse);
        Assert.True(first.TryAdd(new byte[1_200], isMedia: true));
    }
}
