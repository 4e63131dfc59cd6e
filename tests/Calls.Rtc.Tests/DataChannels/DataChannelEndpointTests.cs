using System.Text;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Sctp;
using Calls.Rtc.Tests.Sctp;

namespace Calls.Rtc.Tests.DataChannels;

public sealed class DataChannelEndpointTests
{
    private readonly ScriptedClient _client = new ScriptedClient().Opened();

    private DataChannelPeer Server => _client.Server;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65534)]
    public void The_channel_is_acknowledged_and_open_on_any_stream(ushort stream)
    {
        ScriptedClient client = new ScriptedClient().Opened(stream);

        Assert.Equal(1, client.Server.OpenCount);
        Assert.True(client.Server.Endpoint.IsOpen);
        client.Send([1], stream: stream);
        Assert.Equal([(stream, 53u, "CC02")], client.Sent());
    }

    [Theory]
    [InlineData("01")]
    [InlineData("CC01")]
    [Trait("Spec", "media-62")]
    [Trait("Spec", "rtcd-33")]
    public void A_ping_is_answered_at_once(string ping)
    {
        _client.Send(Convert.FromHexString(ping));

        Assert.Equal([((ushort)0, 53u, "CC02")], _client.Sent());
        Assert.Empty(Server.Messages);
    }

    [Theory]
    [InlineData(51)]
    [InlineData(53)]
    [Trait("Spec", "media-63")]
    public void The_text_ping_of_old_clients_is_answered_with_a_text(uint ppid)
    {
        _client.Send("ping"u8.ToArray(), ppid);

        Assert.Equal([((ushort)0, 51u, Convert.ToHexString("pong"u8))], _client.Sent());
    }

    [Fact]
    public void Lock_replies_have_the_bytes_that_clients_know()
    {
        _client.Send([7]);
        Assert.Equal(new CallsChannelMessage(CallsChannelMessageType.Lock), Assert.Single(Server.Messages));

        Server.Endpoint.SendLockReply(isGranted: true, _client.NowMs);
        Server.Endpoint.SendLockReply(isGranted: false, _client.NowMs);

        Assert.Equal(["CC07C3", "CC07C2"], _client.Sent().Select(static message => message.Hex));
    }

    [Fact]
    public void Everything_on_the_channel_keeps_its_order()
    {
        Server.Endpoint.SendMediaMap([], _client.NowMs, out long mapNumber);
        Server.Endpoint.SendSdp("{}"u8, _client.NowMs);
        Server.Endpoint.SendLockReply(true, _client.NowMs);

        List<(ushort Stream, uint Ppid, string Hex)> sent = _client.Sent();
        Assert.Equal("CC0980", sent[0].Hex);
        Assert.StartsWith("CC03C40A789C", sent[1].Hex, StringComparison.Ordinal);
        Assert.Equal("CC07C3", sent[2].Hex);
        Assert.Equal(2, mapNumber); // the first was the acknowledgement of the channel
    }

    [Fact]
    public void An_acknowledged_media_map_is_reported()
    {
        Assert.True(Server.Endpoint.SendMediaMap([new("1", new("voice", "s1"))], _client.NowMs, out long number));
        Assert.True(Server.Endpoint.AcknowledgedThrough < number);

        _client.Sent(); // acknowledges

        Assert.Equal(number, Server.Endpoint.AcknowledgedThrough);
        Assert.Equal(number, Server.Acknowledged[^1]);
    }

    [Fact]
    [Trait("Spec", "media-67")]
    public void An_sdp_that_inflates_to_10_MB_is_rejected_with_little_memory_and_the_session_stays()
    {
        byte[] bomb = Message(CompressedSdp.Deflate(new byte[10_000_000]));
        _client.Send([1]);
        _client.Sent();
        long before = GC.GetAllocatedBytesForCurrentThread();

        _client.Send(bomb);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal([CallsChannelResult.SdpTooLong], Server.IgnoredReasons);
        Assert.Empty(Server.Messages);
        _client.Send([1]);
        Assert.Contains(((ushort)0, 53u, "CC02"), _client.Sent());
        Assert.Null(Server.CloseReason);
    }

    [Fact]
    [Trait("Spec", "media-68")]
    public void An_unknown_type_is_reported_and_the_channel_stays_usable()
    {
        _client.Send([42]);
        _client.Send([0xC0]);
        _client.Send([0]);
        _client.Send([], ppid: 57);
        _client.Send([0], ppid: 57);

        Assert.Equal(
            [CallsChannelResult.UnknownType, CallsChannelResult.NoType, CallsChannelResult.UnknownType, CallsChannelResult.NoType],
            Server.IgnoredReasons);
        Assert.Equal(4, Server.Endpoint.Counters.Undecodable);
        _client.Send([1]);
        Assert.Equal("CC02", _client.Sent()[^1].Hex);
    }

    [Fact]
    [Trait("Spec", "media-71")]
    public void A_second_channel_does_not_disturb_the_first()
    {
        _client.Send(ScriptedClient.OpenMessage("other"), ppid: 50, stream: 2);
        _client.Send(ScriptedClient.OpenMessage("calls-dc"), ppid: 50, stream: 4);
        Assert.Equal([((ushort)2, 50u, "02"), ((ushort)4, 50u, "02")], _client.Sent());
        Assert.Equal(1, Server.OpenCount);

        _client.Send([1], stream: 2);
        _client.Send([8], stream: 4);
        _client.Send([1], stream: 0);
        Assert.Equal([((ushort)0, 53u, "CC02")], _client.Sent());
        Assert.Empty(Server.Messages);

        _client.Reset(stream: 2);
        Assert.True(Server.Endpoint.IsOpen);
        Assert.Equal(0, Server.ChannelClosedCount);
        _client.Send([1]);
        Assert.Equal("CC02", _client.Sent()[^1].Hex);
    }

    [Fact]
    public void A_fifth_channel_is_refused_also_while_others_are_being_closed()
    {
        for (ushort stream = 2; stream < 20; stream += 2)
        {
            _client.Send(ScriptedClient.OpenMessage("x"), ppid: 50, stream);
        }

        Assert.Equal([2, 4, 6], _client.Sent().Select(static message => (int)message.Stream));
        Assert.Equal(6, Server.Endpoint.Counters.ChannelsRefused);

        _client.Reset(stream: 4);
        _client.Send(ScriptedClient.OpenMessage("x"), ppid: 50, stream: 30);
        Assert.Equal(7, Server.Endpoint.Counters.ChannelsRefused); // our side of stream 4 is still waiting for its confirmation
    }

    [Theory]
    [InlineData("0300010000000000000900000000000000000000")] // label past the end
    [InlineData("030001000000000000")]
    [InlineData("04")]
    [InlineData("02")]
    public void A_malformed_open_opens_nothing(string hex)
    {
        var client = new ScriptedClient();

        client.Send(Convert.FromHexString(hex), ppid: 50);

        Assert.Empty(client.Sent());
        Assert.Equal((0, 1), (client.Server.OpenCount, client.Server.Endpoint.Counters.Ignored));
    }

    [Fact]
    [Trait("Spec", "media-76")]
    public void Closing_the_channel_is_confirmed_from_both_sides_and_the_association_stays()
    {
        _client.Reset(stream: 0);

        List<(byte Type, byte Flags, byte[] Value)> chunks = [.. _client.SentChunks().Where(static chunk => chunk.Type == 130)];
        Assert.Equal([.. Convert.FromHexString("0010000C"), .. RawPacket.Words(ScriptedPeer.FirstTsn, 1)], chunks[0].Value);
        Assert.Equal((13, 0), (chunks[1].Value[1], chunks[1].Value[17])); // our own reset of stream 0
        Assert.Equal(1, Server.ChannelClosedCount);
        Assert.False(Server.Endpoint.IsOpen);
        Assert.False(Server.Endpoint.SendLockReply(true, _client.NowMs));

        _client.Receive((130, 0, [0, 16, 0, 12, .. chunks[1].Value[4..8], 0, 0, 0, 1]));
        _client.Receive((4, 0, [0, 1, 0, 4]));
        Assert.Equal(5, Assert.Single(_client.SentChunks()).Type);
        Assert.Equal(SctpState.Established, Server.Endpoint.AssociationState);
        Assert.Null(Server.CloseReason);
    }

    [Fact]
    public void An_abort_of_the_client_is_reported_at_once()
    {
        _client.Receive((6, 0, Convert.FromHexString("000C0010436C6F73652063616C6C6564"))); // Chromium's "Close called"

        Assert.Equal(SctpCloseReason.AbortedByPeer, Server.CloseReason);
        Assert.False(Server.Endpoint.IsOpen);
        Assert.False(Server.Endpoint.SendLockReply(true, _client.NowMs));
    }

    [Fact]
    public void More_than_the_peer_accepts_is_not_sent()
    {
        Assert.False(Server.Endpoint.SendBinary(new byte[65_537], _client.NowMs, out _));
        Server.Endpoint.PeerMaxMessageLength = 262_144;
        Assert.True(Server.Endpoint.SendBinary(new byte[65_537], _client.NowMs, out _));
        Server.Endpoint.PeerMaxMessageLength = 10;
        Assert.False(Server.Endpoint.SendBinary(new byte[11], _client.NowMs, out _));
        Server.Endpoint.PeerMaxMessageLength = 0;
        Assert.True(Server.Endpoint.SendBinary(new byte[300_000], _client.NowMs, out _));
    }

    [Fact]
    public void Empty_messages_are_one_zero_byte_of_their_own_kind()
    {
        Server.Endpoint.SendBinary([], _client.NowMs, out _);
        Server.Endpoint.SendText([], _client.NowMs, out _);

        Assert.Equal([((ushort)0, 57u, "00"), ((ushort)0, 56u, "00")], _client.Sent());
    }

    [Fact]
    public void A_burst_of_100_messages_is_served_then_50_a_second()
    {
        int answers = 0;
        for (int i = 0; i < 300; i++)
        {
            _client.Send([1]);
            answers += _client.Sent().Count;
        }

        Assert.Equal(99, answers); // the opening of the channel was the first
        Assert.Equal(201, Server.Endpoint.Counters.RateLimited);
        _client.NowMs += 1000;
        for (int i = 0; i < 100; i++)
        {
            _client.Send([1]);
            answers += _client.Sent().Count;
        }

        Assert.Equal(149, answers);
        Assert.Null(Server.CloseReason);
    }

    [Fact]
    public void Ten_seconds_of_excess_end_the_association()
    {
        int ms = 0;
        for (; ms < 20_000 && Server.CloseReason is null; ms += 10)
        {
            _client.NowMs += 10;
            _client.Send([1]);
            _client.Send([8]);
            _client.Sent();
        }

        Assert.Equal(SctpCloseReason.AbortedLocally, Server.CloseReason);
        Assert.InRange(ms, 10_000, 12_000);
    }

    [Fact]
    public void Five_descriptions_a_second_are_read()
    {
        byte[] sdp = Message(CompressedSdp.Deflate("{\"type\":\"offer\",\"sdp\":\"\"}"u8));
        for (int i = 0; i < 12; i++)
        {
            _client.Send(sdp);
        }

        Assert.Equal(5, Server.Messages.Count);
        Assert.Equal(7, Server.IgnoredReasons.Count(static reason => reason == CallsChannelResult.TooMany));
        _client.NowMs += 1000;
        _client.Send(sdp);
        Assert.Equal("{\"type\":\"offer\",\"sdp\":\"\"}", Encoding.UTF8.GetString(Server.Messages[^1].SdpJson.Span));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.2)]
    public void Our_client_and_our_server_understand_each_other(double loss)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var client = new DataChannelPeer(isClient: true, seed, streamId: 0);
            var server = new DataChannelPeer(isClient: false, seed + 100);
            EmulatedLink link = new EmulatedLink(client, server, seed) { Loss = loss, JitterMs = 10 }.Connected(bothInitiate: seed % 2 == 0);
            Assert.True(link.Run(60_000, () => client.OpenCount == 1 && server.OpenCount == 1), $"seed {seed}");

            client.Endpoint.Send(CallsChannelMessageType.Ping, link.NowMs);
            client.Endpoint.Send(CallsChannelMessageType.Lock, link.NowMs);
            client.Endpoint.SendMetric(CallsChannelMessageType.Jitter, 0.25, link.NowMs);
            byte[] sdp = Encoding.UTF8.GetBytes($"{{\"type\":\"offer\",\"sdp\":\"{string.Join(' ', Enumerable.Range(0, 4000))}\"}}");
            client.Endpoint.SendSdp(sdp, link.NowMs);
            server.Endpoint.SendMediaMap([new("1", new("voice", "s1"))], link.NowMs, out long mapNumber);
            server.Endpoint.SendSdp(sdp, link.NowMs);
            server.Endpoint.SendLockReply(false, link.NowMs);
            Assert.True(link.Run(60_000, () => client.Messages.Count == 4 && server.Messages.Count == 3), $"seed {seed}");
            link.Run(10_000);

            Assert.Equal(
                [CallsChannelMessageType.Lock, CallsChannelMessageType.Jitter, CallsChannelMessageType.Sdp],
                server.Messages.Select(static message => message.Type));
            Assert.Equal(0.25, server.Messages[1].Number);
            Assert.Equal(sdp, server.Messages[2].SdpJson.ToArray());
            Assert.Equal(1, client.Messages.Count(static message => message.Type == CallsChannelMessageType.Pong));
            List<CallsChannelMessage> others = [.. client.Messages.Where(static message => message.Type != CallsChannelMessageType.Pong)];
            Assert.Equal([CallsChannelMessageType.MediaMap, CallsChannelMessageType.Sdp, CallsChannelMessageType.Lock], others.Select(static message => message.Type));
            Assert.Equal(new MediaMapEntry("voice", "s1"), others[0].MediaMap!["1"]);
            Assert.False(others[2].IsGranted);
            Assert.True(server.Endpoint.AcknowledgedThrough >= mapNumber, $"seed {seed}");

            client.Endpoint.CloseChannel(link.NowMs);
            Assert.True(link.Run(60_000, () => server.ChannelClosedCount == 1 && client.ChannelClosedCount == 1), $"seed {seed}");
            client.Endpoint.Abort();
            Assert.Equal(SctpCloseReason.AbortedLocally, client.CloseReason);
        }
    }

    [Fact]
    public void Random_messages_on_the_channel_never_throw()
    {
        const int seed = 20_260_301;
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            _client.NowMs += 200;
            byte[] message = new byte[random.Next(1, 40)];
            random.NextBytes(message);
            message[0] = (byte)random.Next(12);
            _client.Send(message, (uint)random.Next(49, 59), (ushort)(random.Next(4) == 0 ? random.Next(10) : 0));
            _client.Sent();
        }

        Assert.Null(Server.CloseReason);
        Assert.Equal(1, Server.OpenCount);
    }

    private static byte[] Message(byte[] compressed)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new Calls.MessagePack.MessagePackWriter(output);
        writer.WriteInteger(3);
        writer.WriteBinary(compressed);
        return output.WrittenSpan.ToArray();
    }
}
