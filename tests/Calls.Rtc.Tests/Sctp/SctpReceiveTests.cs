using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpReceiveTests
{
    private static readonly uint First = ScriptedPeer.FirstTsn;

    private readonly SctpPeer _server = new(seed: 2);
    private readonly ScriptedPeer _peer;

    public SctpReceiveTests() => _peer = new ScriptedPeer(_server).Established();

    [Fact]
    public void One_packet_is_acknowledged_after_200_ms_two_at_once()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1]));
        Assert.Empty(_peer.Sent());
        Assert.Equal(_peer.NowMs + 200, _server.Association.DeadlineMs);
        _peer.Advance(199);
        Assert.Empty(_peer.Sent());
        _peer.Advance(1);
        Assert.Equal(First, _peer.Sack().CumulativeTsn);
        Assert.Null(_server.Association.DeadlineMs);

        _peer.Receive(ScriptedPeer.Data(First + 1, [1], number: 1));
        _peer.Receive(ScriptedPeer.Data(First + 2, [1], number: 2));
        Assert.Equal(First + 2, _peer.Sack().CumulativeTsn);
    }

    [Fact]
    public void The_immediate_flag_is_obeyed()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1], flags: 3 | 8));

        (uint cumulativeTsn, uint window, uint[] rest) = _peer.Sack();
        Assert.Equal(First, cumulativeTsn);
        Assert.Equal(1u << 20, window);
        Assert.Empty(rest);
    }

    [Fact]
    public void Gaps_and_duplicates_are_reported_at_once()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1]));
        _peer.Receive(ScriptedPeer.Data(First + 2, [3], number: 2));
        Assert.Equal([0x0002_0002u], _peer.Sack().Words);
        _peer.Receive(ScriptedPeer.Data(First + 3, [4], number: 3));
        Assert.Equal([0x0002_0003u], _peer.Sack().Words);
        _peer.Receive(ScriptedPeer.Data(First + 5, [6], number: 5));
        (uint cumulativeTsn, uint window, uint[] rest) = _peer.Sack();
        Assert.Equal(First, cumulativeTsn);
        Assert.True(window < 1 << 20);
        Assert.Equal([0x0002_0003u, 0x0005_0005u], rest);

        _peer.Receive(ScriptedPeer.Data(First + 3, [4], number: 3), ScriptedPeer.Data(First, [1]));
        Assert.Equal([0x0002_0003u, 0x0005_0005u, First + 3, First], _peer.Sack().Words);
        Assert.Single(_server.Messages);

        _peer.Receive(ScriptedPeer.Data(First + 4, [5], number: 4));
        _peer.Receive(ScriptedPeer.Data(First + 1, [2], number: 1));
        (cumulativeTsn, window, rest) = _peer.LastSack();
        Assert.Equal(First + 5, cumulativeTsn);
        Assert.Equal(1u << 20, window);
        Assert.Empty(rest);
        Assert.Equal([1, 2, 3, 4, 5, 6], _server.Messages.Select(static message => (int)message.Data[0]));
        Assert.Equal(2, _server.Association.Counters.DuplicateData);
    }

    [Fact]
    public void Fragments_become_one_message_in_whatever_order_they_arrive()
    {
        _peer.Receive(ScriptedPeer.Data(First + 2, [5, 6], flags: 1));
        _peer.Receive(ScriptedPeer.Data(First + 1, [3, 4], flags: 0));
        Assert.Empty(_server.Messages);
        _peer.Receive(ScriptedPeer.Data(First, [1, 2], flags: 2));

        Assert.Equal([1, 2, 3, 4, 5, 6], Assert.Single(_server.Messages).Data);
    }

    [Fact]
    public void Unordered_messages_are_delivered()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1], flags: 7, stream: 4));
        _peer.Receive(ScriptedPeer.Data(First + 1, [2], flags: 4 | 2, stream: 4), ScriptedPeer.Data(First + 2, [3], flags: 4 | 1, stream: 4, number: 77));

        Assert.Equal([[1], [2, 3]], _server.Messages.Select(static message => message.Data));
    }

    [Theory]
    [InlineData(0, 0)] // a middle without a beginning
    [InlineData(2, 2)] // a beginning within a message
    [InlineData(2, 0, 1)] // another stream within a message
    [InlineData(2, 0, 0, 1)] // another sequence number within a message
    [InlineData(2, 4)] // unordered within ordered
    public void Fragments_that_do_not_fit_end_the_association(byte flags, byte nextFlags, ushort nextStream = 0, ushort nextNumber = 0)
    {
        _peer.Receive(ScriptedPeer.Data(First, [1], flags));
        _peer.Receive(ScriptedPeer.Data(First + 1, [1], nextFlags, nextStream, nextNumber));

        Assert.Equal(SctpCloseReason.ProtocolViolation, _server.CloseReason);
        Assert.Equal(6, _peer.Sent()[^1].Type);
        Assert.Null(_server.Association.DeadlineMs);
    }

    [Fact]
    public void Data_without_user_data_ends_the_association()
    {
        _peer.Receive(ScriptedPeer.Data(First, []));

        Assert.Equal(SctpCloseReason.ProtocolViolation, _server.CloseReason);
        Assert.Equal("00090004", Convert.ToHexString(Assert.Single(_peer.Sent()).Value));
    }

    [Fact]
    public void Held_data_is_bounded_by_the_window_and_a_full_one_does_not_block_itself()
    {
        // Everything but the first chunk: 1 MiB of user data would be about 1050 chunks of 1000 bytes.
        byte[] data = new byte[1000];
        for (uint i = 1; i < 1900; i++)
        {
            _peer.Receive(ScriptedPeer.Data(First + i, data, number: (ushort)i));
        }

        Assert.InRange(_server.Association.Counters.DataOutsideWindow, 880, 1000);
        Assert.InRange(_peer.LastSack().Window, 0u, 1100u);

        _peer.Receive(ScriptedPeer.Data(First, data));
        Assert.InRange(_server.Messages.Count, 900, 1020);
        Assert.Equal(1u << 20, _peer.LastSack().Window);
    }

    [Fact]
    public void Tiny_held_chunks_are_charged_with_what_they_cost()
    {
        var small = new ScriptedPeer(new SctpPeer(seed: 3, new SctpOptions { ReceiveWindow = 10_000 })).Established();
        for (uint i = 1; i < 1000; i++)
        {
            small.Receive(ScriptedPeer.Data(First + i, [1], number: (ushort)i));
        }

        Assert.InRange(small.Server.Association.Counters.DataOutsideWindow, 800, 900);
    }

    [Fact]
    public void A_chunk_too_far_ahead_is_dropped()
    {
        _peer.Receive(ScriptedPeer.Data(First + 2048, [1]), ScriptedPeer.Data(First + 0x7000_0000, [1]));

        Assert.Equal(2, _server.Association.Counters.DataOutsideWindow);
        Assert.Equal(First - 1, _peer.Sack().CumulativeTsn);
    }

    [Fact]
    [Trait("Spec", "media-74")]
    public void A_heartbeat_comes_back_as_it_was()
    {
        byte[] info = [0, 1, 0, 9, 1, 2, 3, 4, 5];
        _peer.Receive((4, 0, info));

        (byte type, byte flags, byte[] value) = Assert.Single(_peer.Sent());
        Assert.Equal((5, 0), (type, flags));
        Assert.Equal(info, value);
    }

    [Fact]
    public void A_heartbeat_that_fits_no_packet_is_dropped()
    {
        _peer.Receive((4, 0, new byte[1144]));
        Assert.Equal(1144, Assert.Single(_peer.Sent()).Value.Length);

        _peer.Receive((4, 0, new byte[1145]));
        Assert.Empty(_peer.Sent());
    }

    [Fact]
    public void An_abort_ends_the_association_at_once_and_without_an_answer()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1]));

        _peer.Receive((6, 0, Convert.FromHexString("000C00104757696C6C206E6F7420686170"))); // "Close called" in Chromium is cause 12 too

        Assert.Equal(SctpCloseReason.AbortedByPeer, _server.CloseReason);
        Assert.Null(_server.Association.DeadlineMs);
        Assert.Empty(_peer.Sent());
        _peer.Receive(ScriptedPeer.Data(First + 1, [1]), (4, 0, [0, 1, 0, 4]));
        Assert.Empty(_peer.Sent());
        Assert.Single(_server.Messages);
    }

    [Fact]
    public void An_abort_may_reflect_our_tag_but_not_any_other()
    {
        _peer.Receive(0x99, (6, 1, []));
        _peer.Receive(0x99, (6, 0, []));
        Assert.Null(_server.CloseReason);

        _peer.Receive(ScriptedPeer.Tag, (6, 1, []));
        Assert.Equal(SctpCloseReason.AbortedByPeer, _server.CloseReason);
    }

    [Fact]
    public void A_shutdown_is_answered_each_time_and_counts_as_closed_once()
    {
        byte[] acknowledged = RawPacket.Words(_peer.ServerFirstTsn - 1);
        _peer.Receive((7, 0, acknowledged));
        _peer.Receive((7, 0, acknowledged));
        Assert.Equal([8, 8], _peer.Sent().Select(static chunk => (int)chunk.Type));
        Assert.Equal((SctpCloseReason.ShutdownByPeer, 1), (_server.CloseReason!.Value, _server.CloseCount));
        _peer.Receive((10, 0, _peer.Cookie));
        Assert.Equal(SctpState.ShutdownAckSent, _server.Association.State);

        _peer.Receive((14, 0, []));
        Assert.Equal(SctpState.Ended, _server.Association.State);
        Assert.Equal(1, _server.CloseCount);
    }

    [Fact]
    public void Unknown_chunks_are_handled_by_their_two_highest_bits()
    {
        (byte, byte, byte[]) heartbeat = (4, 0, [0, 1, 0, 4]);

        _peer.Receive((0x3F, 0, []), heartbeat);
        Assert.Empty(_peer.Sent());
        _peer.Receive((0x7F, 0, [1, 2]), heartbeat);
        (byte type, _, byte[] value) = Assert.Single(_peer.Sent());
        Assert.Equal((9, "0006000A7F0000060102"), (type, Convert.ToHexString(value)));
        _peer.Receive((0xBF, 0, []), heartbeat);
        Assert.Equal(5, Assert.Single(_peer.Sent()).Type);
        _peer.Receive((0xFF, 0, []), heartbeat);
        Assert.Equal([9, 5], _peer.Sent().Select(static chunk => (int)chunk.Type));
    }

    [Fact]
    public void A_zero_checksum_is_accepted_and_a_wrong_one_is_not()
    {
        byte[] packet = RawPacket.Build(_peer.ServerTag, ScriptedPeer.Data(First, [1]));
        packet[9] ^= 1;
        _server.Association.Receive(packet, _peer.NowMs);
        Assert.Equal(1, _server.Association.Counters.BadChecksum);
        Assert.Empty(_server.Messages);

        packet.AsSpan(8, 4).Clear();
        _server.Association.Receive(packet, _peer.NowMs);
        Assert.Single(_server.Messages);
    }

    [Fact]
    public void Other_ports_and_tags_are_dropped()
    {
        byte[] packet = RawPacket.Build(_peer.ServerTag, ScriptedPeer.Data(First, [1]));
        packet.AsSpan(8, 4).Clear();
        packet[1] ^= 1;
        _server.Association.Receive(packet, _peer.NowMs);
        _peer.Receive(_peer.ServerTag + 1, ScriptedPeer.Data(First, [1]));

        Assert.Empty(_server.Messages);
        Assert.Equal((1, 1), (_server.Association.Counters.Malformed, _server.Association.Counters.BadVerificationTag));
    }

    [Fact]
    public void Forward_tsn_skips_what_was_given_up_and_delivers_what_is_complete()
    {
        _peer.Receive(ScriptedPeer.Data(First, [1], flags: 2)); // begun, never ended
        _peer.Receive(ScriptedPeer.Data(First + 2, [2], stream: 1));
        _peer.Receive(ScriptedPeer.Data(First + 3, [3], flags: 2, stream: 2)); // begun, given up
        _peer.Receive(ScriptedPeer.Data(First + 5, [4], number: 1));
        _peer.Sent();

        _peer.Receive((192, 0, RawPacket.Words(First + 4, 0)));

        Assert.Equal([[2], [4]], _server.Messages.Select(static message => message.Data));
        Assert.Equal(First + 5, _peer.Sack().CumulativeTsn);

        _peer.Receive((192, 0, RawPacket.Words(First + 1000)));
        Assert.Equal(First + 1000, _peer.Sack().CumulativeTsn);
        _peer.Receive((192, 0, RawPacket.Words(First + 7)));
        Assert.Equal(First + 1000, _peer.Sack().CumulativeTsn); // old: only acknowledged
        _peer.Receive(ScriptedPeer.Data(First + 1001, [5], flags: 3 | 8, number: 9));
        Assert.Equal(3, _server.Messages.Count);
    }

    [Fact]
    public void The_rest_of_a_message_whose_beginning_was_given_up_is_dropped()
    {
        _peer.Receive((192, 0, RawPacket.Words(First)));
        _peer.Receive(ScriptedPeer.Data(First + 1, [1], flags: 0), ScriptedPeer.Data(First + 2, [2], flags: 1));
        _peer.Receive(ScriptedPeer.Data(First + 3, [3], number: 1));

        Assert.Equal([3], Assert.Single(_server.Messages).Data);
        Assert.Null(_server.CloseReason);
    }

    [Fact]
    public void Impossible_sacks_are_ignored()
    {
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn + 5, 100_000, 0))); // never sent
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn - 2, 100_000, 0))); // older than the start
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn, 100_000, 0xFFFF_0000))); // blocks missing
        Assert.Equal(0, _server.Association.AcknowledgedThrough);

        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn, 100_000, 0)));
        Assert.Equal(1, _server.Association.AcknowledgedThrough);
        Assert.Equal([1L], _server.Acknowledged);
        Assert.Null(_server.Association.DeadlineMs);
    }
}
