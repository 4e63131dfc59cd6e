using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpTransferTests
{
    private readonly SctpPeer _client = new(seed: 1);
    private readonly SctpPeer _server = new(seed: 2);

    [Theory]
    [InlineData(11, false)]
    [InlineData(12, false)]
    [InlineData(13, true)]
    [Trait("Spec", "media-75")]
    public void With_loss_both_ways_a_thousand_messages_of_5_kB_arrive_once_and_in_order(int seed, bool reorders)
    {
        const int count = 1000;
        const int length = 5000;
        var link = new EmulatedLink(_client, _server, seed) { Loss = 0.1, JitterMs = reorders ? 30 : 0, Duplication = reorders ? 0.02 : 0 };
        link.Connected(bothInitiate: true);
        var random = new Random(seed);
        byte[][] fromClient = Messages(random, count, length);
        byte[][] fromServer = Messages(random, count, length);
        int clientSent = 0;
        int serverSent = 0;

        // The send queue holds 1 MiB, so the application feeds it as acknowledgements come.
        bool done = link.Run(3_600_000, () =>
        {
            Feed(_client, fromClient, ref clientSent, link.NowMs);
            Feed(_server, fromServer, ref serverSent, link.NowMs);
            return _server.Messages.Count == count && _client.Messages.Count == count;
        });

        Assert.True(done, $"seed {seed}: {_server.Messages.Count} and {_client.Messages.Count} arrived, {_client.CloseReason} {_server.CloseReason}");
        for (int i = 0; i < count; i++)
        {
            Assert.True(fromClient[i].AsSpan().SequenceEqual(_server.Messages[i].Data), $"seed {seed}, message {i} of the client");
            Assert.True(fromServer[i].AsSpan().SequenceEqual(_client.Messages[i].Data), $"seed {seed}, message {i} of the server");
        }

        Assert.True(link.Run(60_000, () => _client.Association.AcknowledgedThrough == count && _server.Association.AcknowledgedThrough == count), $"seed {seed}");
        Assert.Equal((count, count), (_client.Messages.Count, _server.Messages.Count));
    }

    [Fact]
    public void A_message_as_long_as_allowed_arrives()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 3).Connected();
        byte[] message = Messages(new Random(3), 1, 256 * 1024)[0];

        Assert.True(_client.Association.Send(0, 53, message, link.NowMs));

        Assert.True(link.Run(60_000, () => _server.Messages.Count == 1));
        Assert.Equal(message, _server.Messages[0].Data);
        Assert.Equal((0, 53u), (_server.Messages[0].StreamId, _server.Messages[0].Ppid));
    }

    [Fact]
    [Trait("Spec", "media-78")]
    public void A_message_of_300_KiB_ends_the_association_without_being_buffered()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 4).Connected();

        _client.Association.Send(0, 53, new byte[300 * 1024], link.NowMs);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.True(link.Run(60_000, () => _server.CloseReason is not null && _client.CloseReason is not null));

        Assert.Equal(SctpCloseReason.MessageTooLong, _server.CloseReason);
        Assert.Equal(SctpCloseReason.AbortedByPeer, _client.CloseReason);
        Assert.Empty(_server.Messages);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 4_000_000); // most of it the link's copies of packets
    }

    [Fact]
    public void A_message_is_acknowledged_within_a_round_trip_not_after_the_delay_of_a_sack()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 5).Connected();
        link.Run(5_000);

        Assert.True(_server.Association.Send(0, 53, [1], link.NowMs, out long first));
        Assert.True(_server.Association.Send(0, 53, new byte[3000], link.NowMs, out long second));
        Assert.Equal((1, 2), (first, second));

        Assert.True(link.Run(60, () => _server.Association.AcknowledgedThrough == second));
        Assert.Equal(second, _server.Acknowledged[^1]);
    }

    [Fact]
    public void A_lost_message_is_repeated_soon()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 6).Connected();
        link.Run(5_000);
        int toLose = 1;
        link.Filter = (from, _) => from != _server || toLose-- <= 0;

        _server.Association.Send(0, 53, [7], link.NowMs);

        // One timeout of a round trip (40 ms) plus 250 ms, and the way.
        Assert.True(link.Run(310, () => _client.Messages.Count == 1));
        Assert.Equal(1, _server.Association.Counters.Retransmissions);
    }

    [Fact]
    public void A_gap_is_repeated_before_the_timeout()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 7).Connected();
        byte[] warmUp = new byte[60_000];
        _server.Association.Send(0, 53, warmUp, link.NowMs);
        link.Run(5_000);
        int packet = 0;
        link.Filter = (from, _) => from != _server || ++packet != 2;

        _server.Association.Send(0, 53, new byte[20_000], link.NowMs);

        Assert.True(link.Run(240, () => _client.Messages.Count == 2));
        Assert.Equal(1, _server.Association.Counters.FastRetransmissions);
    }

    [Fact]
    public void A_peer_that_takes_nothing_fills_the_queue_and_the_association_ends()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 8).Connected();
        link.Filter = (from, _) => from != _client;
        int accepted = 0;
        while (_server.Association.Send(0, 53, new byte[1000], link.NowMs))
        {
            Assert.True(++accepted < 2000);
        }

        Assert.InRange(accepted, 900, 1048);
        Assert.Equal(SctpCloseReason.SendQueueFull, _server.CloseReason);
        Assert.Equal(1, _server.Association.Counters.SendQueueOverflows);
        Assert.False(_server.Association.Send(0, 53, [1], link.NowMs));
    }

    [Fact]
    public void Tiny_messages_are_charged_with_what_they_cost()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 9).Connected();
        int accepted = 0;
        while (_server.Association.Send(0, 53, [1], link.NowMs))
        {
            accepted++;
        }

        Assert.InRange(accepted, 1, 10_000);
    }

    [Fact]
    public void A_silent_peer_is_given_up()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 10).Connected();
        link.Run(1_000);
        link.Filter = (_, _) => false;

        _server.Association.Send(0, 53, [1], link.NowMs);

        Assert.True(link.Run(120_000, () => _server.CloseReason is not null));
        Assert.Equal(SctpCloseReason.RetransmissionTimeout, _server.CloseReason);
        Assert.Equal(1, _server.CloseCount);
        Assert.Null(_server.Association.DeadlineMs);
    }

    [Fact]
    public void A_closed_window_is_probed_and_reopens()
    {
        // The receiver's window is smaller than one message's fragments, which a lost first fragment keeps it from delivering.
        var receiver = new SctpPeer(seed: 21, new SctpOptions { ReceiveWindow = 4000 });
        EmulatedLink link = new EmulatedLink(_client, receiver, seed: 11) { Loss = 0.2 };
        link.Connected();

        for (int i = 0; i < 20; i++)
        {
            _client.Association.Send(0, 53, new byte[3000], link.NowMs);
        }

        Assert.True(link.Run(600_000, () => receiver.Messages.Count == 20));
    }

    [Fact]
    public void Sequence_numbers_wrap_around()
    {
        // A first TSN with all bits set wraps with the second chunk; the stream's numbers wrap after 65536 messages.
        var wrapping = new SctpPeer(seed: 0, fillRandom: static span => span.Fill(0xFF));
        EmulatedLink link = new EmulatedLink(wrapping, _server, seed: 12) { Loss = 0.1, JitterMs = 20 }.Connected();

        for (int i = 0; i < 70_000; i++)
        {
            Assert.True(wrapping.Association.Send(3, 51, [(byte)i, (byte)(i >> 8)], link.NowMs));
            if (i % 1000 == 999)
            {
                Assert.True(link.Run(60_000, () => wrapping.Association.AcknowledgedThrough == i + 1), $"stuck at {i}");
            }
        }

        Assert.Equal(70_000, _server.Messages.Count);
        for (int i = 0; i < 70_000; i++)
        {
            Assert.True((i & 0xFFFF) == (_server.Messages[i].Data[0] | (_server.Messages[i].Data[1] << 8)), $"message {i}");
        }
    }

    private static byte[][] Messages(Random random, int count, int length)
    {
        byte[][] messages = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            messages[i] = new byte[length];
            random.NextBytes(messages[i]);
        }

        return messages;
    }

    private static void Feed(SctpPeer peer, byte[][] messages, ref int sent, long nowMs)
    {
        while (sent < messages.Length && sent - peer.Association.AcknowledgedThrough < 100)
        {
            Assert.True(peer.Association.Send(0, 53, messages[sent++], nowMs));
        }
    }
}
