using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpHandshakeTests
{
    private readonly SctpPeer _client = new(seed: 1);
    private readonly SctpPeer _server = new(seed: 2);

    [Fact]
    public void One_side_initiates_and_both_are_established()
    {
        new EmulatedLink(_client, _server, seed: 1).Connected();

        Assert.Equal(SctpState.Established, _client.Association.State);
        Assert.Equal(SctpState.Established, _server.Association.State);
        Assert.Null(_client.Association.DeadlineMs);
        Assert.Null(_server.Association.DeadlineMs);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.3, 0)]
    [InlineData(0.3, 400)]
    [Trait("Spec", "media-73")]
    public void When_both_sides_initiate_one_association_results(double loss, int jitterMs)
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var a = new SctpPeer(seed);
            var b = new SctpPeer(seed + 1000);
            var link = new EmulatedLink(a, b, seed) { Loss = loss, JitterMs = jitterMs, Duplication = loss / 2 };
            a.Association.Connect(link.NowMs);
            b.Association.Connect(link.NowMs);

            Assert.True(link.Run(120_000, () => a.EstablishedCount == 1 && b.EstablishedCount == 1), $"seed {seed}: not established");
            Assert.True(a.Association.Send(0, 53, [1, 2], link.NowMs), $"seed {seed}");
            Assert.True(b.Association.Send(0, 53, [3, 4], link.NowMs), $"seed {seed}");
            Assert.True(link.Run(120_000, () => a.Messages.Count > 0 && b.Messages.Count > 0), $"seed {seed}: nothing arrived");
            link.Run(120_000);

            Assert.Equal([3, 4], Assert.Single(a.Messages).Data);
            Assert.Equal([1, 2], Assert.Single(b.Messages).Data);
            Assert.Equal((1, 1, 0, 0), (a.EstablishedCount, b.EstablishedCount, a.CloseCount, b.CloseCount));
        }
    }

    [Fact]
    public void Without_an_answer_connecting_is_given_up_after_eight_repetitions_at_most_3_s_apart()
    {
        var link = new EmulatedLink(_client, _server, seed: 1);
        var inits = new List<long>();
        link.Filter = (_, _) =>
        {
            inits.Add(link.NowMs);
            return false;
        };
        _client.Association.Connect(link.NowMs);

        Assert.True(link.Run(200_000, () => _client.CloseReason is not null));
        Assert.Equal(SctpCloseReason.ConnectTimeout, _client.CloseReason);
        Assert.Equal([1_000, 2_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000], inits.Skip(1).Zip(inits, static (next, previous) => next - previous));
        Assert.Null(_client.Association.DeadlineMs);
    }

    [Fact]
    public void The_init_ack_has_the_announced_numbers_and_extensions()
    {
        ScriptedPeer peer = new(_server);
        peer.Receive(0, (1, 0, ScriptedPeer.InitValue()));

        byte[] packet = _server.Sent.Dequeue();
        byte[] value = Assert.Single(RawPacket.Chunks(packet)).Value;
        Assert.Equal(ScriptedPeer.Tag, RawPacket.Tag(packet));
        Assert.Equal("00100000FFFFFFFF", Convert.ToHexString(value, 4, 8));
        Assert.EndsWith("C00000048008000682C000008001000800000001", Convert.ToHexString(value), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_init_and_a_repeated_cookie_change_nothing()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();

        peer.Receive(0, (1, 0, ScriptedPeer.InitValue()));
        Assert.Equal(2, Assert.Single(peer.Sent()).Type);
        peer.Receive((10, 0, peer.Cookie));
        Assert.Equal(11, Assert.Single(peer.Sent()).Type);

        Assert.Equal(SctpState.Established, _server.Association.State);
        Assert.Equal(1, _server.EstablishedCount);
    }

    [Fact]
    public void Data_in_the_packet_of_the_cookie_is_taken()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Initiated();

        peer.Receive((10, 0, peer.Cookie), ScriptedPeer.Data(ScriptedPeer.FirstTsn, [9]));

        Assert.Equal([9], Assert.Single(_server.Messages).Data);
    }

    [Fact]
    public void A_forged_cookie_is_ignored_wherever_it_was_changed()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Initiated();
        for (int i = 0; i < peer.Cookie.Length; i++)
        {
            byte[] forged = [.. peer.Cookie];
            forged[i] ^= 1;
            peer.Receive((10, 0, forged));
        }

        peer.Receive((10, 0, peer.Cookie[..^1]));
        peer.Receive((10, 0, []));

        Assert.Empty(_server.Sent);
        Assert.Equal(0, _server.EstablishedCount);
        Assert.Equal(peer.Cookie.Length + 2, _server.Association.Counters.BadCookie);
    }

    [Fact]
    public void A_cookie_is_valid_for_60_s_and_then_reported_as_stale()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Initiated();

        peer.NowMs += 60_001;
        peer.Receive((10, 0, peer.Cookie));

        (byte type, _, byte[] value) = Assert.Single(peer.Sent());
        Assert.Equal(9, type);
        Assert.Equal("00030008000003E8", Convert.ToHexString(value)); // 1000 microseconds too old
        Assert.Equal(0, _server.EstablishedCount);

        peer.NowMs--;
        peer.Receive((10, 0, peer.Cookie));
        Assert.Equal(1, _server.EstablishedCount);
    }

    [Fact]
    public void A_stale_cookie_makes_the_client_start_again()
    {
        uint tag = 0;
        var link = new EmulatedLink(_client, _server, seed: 1);
        link.Filter = (from, packet) =>
        {
            tag = from == _server ? RawPacket.Tag(packet) : tag;
            return RawPacket.Chunks(packet)[0].Type != 10;
        };
        _client.Association.Connect(link.NowMs);
        link.Run(100);
        Assert.Equal(SctpState.CookieEchoed, _client.Association.State);

        link.Filter = null;
        _client.Association.Receive(RawPacket.Build(tag, (9, 0, Convert.FromHexString("00030008000003E8"))), link.NowMs);

        Assert.Equal(1, RawPacket.Chunks(_client.Sent.Peek())[0].Type);
        Assert.True(link.Run(1_000, () => _client.EstablishedCount == 1 && _server.EstablishedCount == 1));
    }

    [Theory]
    [InlineData("00000000005000000001000112345678")] // tag zero
    [InlineData("112233440050000000000001ABCDABCD")] // no outbound streams
    [InlineData("112233440050000000010000ABCDABCD")] // no inbound streams
    [InlineData("11223344000005DB00010001ABCDABCD")] // a_rwnd below 1500
    [InlineData("112233440050000000010001ABCDAB")] // truncated
    [InlineData("112233440050000000010001ABCDABCDC0000000")] // parameter of length zero
    [InlineData("112233440050000000010001ABCDABCDC0000008")] // parameter past the end
    public void An_invalid_init_gets_no_answer(string value)
    {
        ScriptedPeer peer = new(_server);

        peer.Receive(0, (1, 0, Convert.FromHexString(value)));

        Assert.Empty(_server.Sent);
        Assert.Equal(1, _server.Association.Counters.Malformed);
        Assert.Equal(SctpState.Closed, _server.Association.State);
    }

    [Fact]
    public void An_init_with_a_tag_or_with_company_is_dropped()
    {
        ScriptedPeer peer = new(_server);

        peer.Receive(5, (1, 0, ScriptedPeer.InitValue()));
        peer.Receive(0, (1, 0, ScriptedPeer.InitValue()), (4, 0, [0, 1, 0, 4]));

        Assert.Empty(_server.Sent);
        Assert.Equal(2, _server.Association.Counters.BadVerificationTag);
    }

    [Fact]
    public void An_unknown_parameter_that_asks_for_it_is_reported()
    {
        ScriptedPeer peer = new(_server);

        peer.Receive(0, (1, 0, [.. ScriptedPeer.InitValue(), .. Convert.FromHexString("C00600080000000180090004")]));

        byte[] value = Assert.Single(peer.Sent()).Value;
        Assert.EndsWith("0008000CC006000800000001", Convert.ToHexString(value), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restarted_peer_ends_the_association()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();

        peer.Receive(0, (1, 0, ScriptedPeer.InitValue(tag: 0x55667788)));

        Assert.Equal(6, Assert.Single(peer.Sent()).Type);
        Assert.Equal(SctpCloseReason.RestartedByPeer, _server.CloseReason);
    }

    [Fact]
    public void An_init_ack_without_cookie_is_dropped()
    {
        _client.Association.Connect(0);
        uint tag = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(RawPacket.Chunks(_client.Sent.Dequeue())[0].Value);

        _client.Association.Receive(RawPacket.Build(tag, (2, 0, ScriptedPeer.InitValue())), 10);

        Assert.Equal(SctpState.CookieWait, _client.Association.State);
        Assert.Empty(_client.Sent);
    }

    [Fact]
    public void Nothing_can_be_sent_before_the_association_is_established()
    {
        Assert.False(_client.Association.Send(0, 53, [1], 0));
        _client.Association.Connect(0);
        Assert.False(_client.Association.Send(0, 53, [1], 0));
        Assert.Throws<ArgumentException>(() => _client.Association.Send(0, 53, [], 0));
    }

    [Fact]
    public void Aborting_before_the_peer_is_known_ends_quietly()
    {
        _client.Association.Connect(0);
        _client.Sent.Clear();

        _client.Association.Abort();
        _client.Association.Abort();

        Assert.Empty(_client.Sent);
        Assert.Equal(SctpCloseReason.AbortedLocally, _client.CloseReason);
        Assert.Equal(1, _client.CloseCount);
        Assert.Null(_client.Association.DeadlineMs);
    }
}
