using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpHostileInputTests
{
    [Fact]
    public void Random_packets_do_nothing()
    {
        const int seed = 20_260_201;
        var random = new Random(seed);
        var peer = new ScriptedPeer(new SctpPeer(seed)).Established();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] packet = new byte[random.Next(200)];
            random.NextBytes(packet);
            peer.Server.Association.Receive(packet, peer.NowMs);
        }

        Assert.Empty(peer.Server.Sent);
        Assert.Equal(SctpState.Established, peer.Server.Association.State);
        Assert.Equal(20_000, peer.Server.Association.Counters.Malformed + peer.Server.Association.Counters.BadChecksum);
    }

    [Fact]
    public void Random_chunks_with_the_right_tag_never_throw_and_memory_stays_bounded()
    {
        const int seed = 20_260_202;
        var random = new Random(seed);
        byte[] types = [0, 0, 0, 1, 2, 3, 3, 4, 5, 7, 8, 9, 10, 11, 14, 63, 64, 130, 130, 192, 192, 194, 255];
        ScriptedPeer peer = Fresh(seed);
        int restarts = 0;
        long nowMs = 0;
        for (int round = 0; round < 40_000; round++)
        {
            if (peer.Server.Association.State == SctpState.Ended)
            {
                peer = Fresh(seed + ++restarts);
            }

            var chunks = new (byte, byte, byte[])[random.Next(1, 4)];
            for (int i = 0; i < chunks.Length; i++)
            {
                chunks[i] = RandomChunk(random, types, peer);
            }

            byte[] packet = RawPacket.Build(random.Next(10) == 0 ? 0 : peer.ServerTag, chunks);
            if (random.Next(4) == 0)
            {
                packet = packet[..random.Next(packet.Length + 1)];
            }

            if (packet.Length >= 12)
            {
                packet.AsSpan(8, 4).Clear();
            }

            peer.Server.Association.Receive(packet, nowMs += random.Next(100));
            if (random.Next(10) == 0)
            {
                peer.Server.Association.Send((ushort)random.Next(3), 53, new byte[random.Next(1, 3000)], nowMs);
            }

            if (peer.Server.Association.DeadlineMs is { } deadlineMs)
            {
                Assert.True(deadlineMs - nowMs <= 10_000, $"seed {seed}, round {round}");
                nowMs = Math.Max(nowMs, random.Next(3) == 0 ? deadlineMs : nowMs);
                peer.Server.Association.HandleDeadline(nowMs);
            }

            peer.Server.Sent.Clear();
            peer.Server.Messages.Clear();
            peer.Server.ResetStreams.Clear();
            peer.Server.Acknowledged.Clear();
        }
    }

    [Fact]
    public void Mutated_recordings_of_a_conversation_never_throw()
    {
        const int seed = 20_260_203;
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            var client = new SctpPeer(round);
            var server = new SctpPeer(round + 500);
            var link = new EmulatedLink(client, server, round) { JitterMs = 30 };
            link.Filter = (from, packet) =>
            {
                if (random.Next(3) == 0)
                {
                    packet[random.Next(12, packet.Length)] ^= (byte)(1 << random.Next(8));
                    packet.AsSpan(8, 4).Clear();
                }

                return true;
            };
            client.Association.Connect(link.NowMs);
            link.Run(5_000);
            client.Association.Send(0, 53, new byte[9_000], link.NowMs);
            server.Association.Send(0, 53, new byte[9_000], link.NowMs);
            server.Association.ResetStream(0, link.NowMs);
            link.Run(20_000);
            Assert.True(client.CloseCount <= 1 && server.CloseCount <= 1, $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void A_flood_of_gap_blocks_costs_no_more_than_what_is_outstanding()
    {
        ScriptedPeer peer = Fresh(1);
        for (int i = 0; i < 50; i++)
        {
            peer.Server.Association.Send(0, 53, new byte[1000], peer.NowMs);
        }

        // As many blocks as fit a datagram, overlapping and out of order.
        uint[] words = new uint[360];
        (words[0], words[1], words[2]) = (peer.ServerFirstTsn - 1, 100_000, 357 << 16);
        for (int i = 3; i < words.Length; i++)
        {
            words[i] = i % 2 == 0 ? 0x0002_FFFF : 0xFFFF_0002u;
        }

        for (int i = 0; i < 2000; i++)
        {
            peer.Receive((3, 0, RawPacket.Words(words)));
        }

        Assert.Equal(0, peer.Server.Association.AcknowledgedThrough);
        Assert.Equal(SctpState.Established, peer.Server.Association.State);
    }

    private static ScriptedPeer Fresh(int seed) => new ScriptedPeer(new SctpPeer(seed)).Established();

    private static (byte Type, byte Flags, byte[] Value) RandomChunk(Random random, byte[] types, ScriptedPeer peer)
    {
        byte type = types[random.Next(types.Length)];
        byte[] value = new byte[random.Next(4) == 0 ? random.Next(1200) : random.Next(40)];
        random.NextBytes(value);
        uint near = (uint)random.Next(-5, 60);
        uint number = type is 3 or 7 ? peer.ServerFirstTsn + near : ScriptedPeer.FirstTsn + near;
        RawPacket.Words(number).AsSpan(0, Math.Min(4, value.Length)).CopyTo(value);
        if (type == 130 && value.Length > 8)
        {
            (value[0], value[1], value[2], value[3]) = (0, (byte)random.Next(12, 20), 0, (byte)value.Length);
            RawPacket.Words(ScriptedPeer.FirstTsn + (uint)random.Next(3)).CopyTo(value.AsSpan(4));
        }
        else if (type == 10 && random.Next(2) == 0)
        {
            value = peer.Cookie;
        }

        return (type, (byte)random.Next(16), value);
    }
}
