using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Transport;

public sealed class LoopMailboxTests
{
    private const int Capacity = 8;

    private readonly LoopMailbox _mailbox = new(Capacity);

    [Fact]
    public void Messages_come_out_in_order_over_many_laps()
    {
        for (int i = 0; i < 10 * Capacity; i++)
        {
            Assert.True(_mailbox.TryAdd(Message(i)));
            Assert.True(_mailbox.TryAdd(Message(i + 1_000)));
            Assert.Equal(i, Take());
            Assert.Equal(i + 1_000, Take());
        }

        Assert.False(_mailbox.TryTake(out _));
    }

    [Fact]
    public void A_full_mailbox_refuses_and_takes_again_once_read()
    {
        for (int i = 0; i < Capacity; i++)
        {
            Assert.True(_mailbox.TryAdd(Message(i)));
        }

        Assert.False(_mailbox.TryAdd(Message(99)));
        Assert.Equal(0, Take());
        Assert.True(_mailbox.TryAdd(Message(100)));
        Assert.False(_mailbox.TryAdd(Message(101)));
    }

    [Fact]
    public async Task Many_producers_lose_nothing_and_keep_their_own_order()
    {
        const int Producers = 4;
        const int PerProducer = 5_000;
        Task[] producers = [.. Enumerable.Range(0, Producers).Select(producer => Task.Run(() =>
        {
            for (int i = 0; i < PerProducer; i++)
            {
                while (!_mailbox.TryAdd(Message((producer * PerProducer) + i)))
                {
                    Thread.Yield();
                }
            }
        }))];

        long[] next = [.. Enumerable.Range(0, Producers).Select(producer => (long)producer * PerProducer)];
        for (int received = 0; received < Producers * PerProducer;)
        {
            if (_mailbox.TryTake(out LoopMessage message))
            {
                Assert.Equal(next[message.Argument / PerProducer]++, message.Argument);
                received++;
            }
            else
            {
                Thread.Yield();
            }
        }

        await Task.WhenAll(producers);
        Assert.False(_mailbox.TryTake(out _));
    }

    [Fact]
    public void A_packet_queue_copies_refuses_beyond_its_capacity_and_drops_its_references()
    {
        var queue = new PacketQueue(2);
        var path = new UdpPath(null, 0, new(TransportAddress.MapIPv4(1), 1));
        byte[] datagram = [1, 2, 3];

        Assert.True(queue.TryAdd(PacketKind.Rtp, datagram, path, "first"));
        datagram[0] = 9;
        Assert.True(queue.TryAdd(PacketKind.Rtcp, datagram, path, "second"));
        Assert.False(queue.TryAdd(PacketKind.Rtp, datagram, path, "third"));

        Assert.True(queue.TryPeek(out PacketQueue.Packet packet, out Span<byte> copy));
        Assert.Equal((PacketKind.Rtp, "first"), (packet.Kind, packet.Session));
        Assert.Equal([1, 2, 3], copy.ToArray());
        queue.Release();
        Assert.True(queue.TryPeek(out packet, out copy));
        Assert.Equal((PacketKind.Rtcp, "second"), (packet.Kind, packet.Session));
        Assert.Equal([9, 2, 3], copy.ToArray());
        queue.Release();
        Assert.False(queue.TryPeek(out _, out _));
        Assert.False(queue.TryAdd(PacketKind.Rtp, new byte[PacketBuffer.MaxDatagram + 1], path, "too long"));
    }

    private static LoopMessage Message(long argument) => new(static (_, _, _) => { }, null, argument);

    private long Take()
    {
        Assert.True(_mailbox.TryTake(out LoopMessage message));
        return message.Argument;
    }
}
