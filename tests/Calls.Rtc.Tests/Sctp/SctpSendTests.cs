using System.Buffers.Binary;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpSendTests
{
    private readonly SctpPeer _server = new(seed: 2);
    private readonly ScriptedPeer _peer;

    public SctpSendTests() => _peer = new ScriptedPeer(_server).Established();

    [Fact]
    public void Only_the_last_fragment_before_a_pause_asks_for_an_immediate_sack()
    {
        _server.Association.Send(0, 53, new byte[2000], _peer.NowMs);
        _server.Association.Send(0, 53, [1], _peer.NowMs);

        Assert.Equal([2, 1 | 8, 3 | 8], _peer.Sent().Select(static chunk => (int)chunk.Flags));
    }

    [Fact]
    public void A_message_is_cut_into_fragments_of_1132_bytes_with_consecutive_numbers()
    {
        _server.Association.Send(7, 51, new byte[2500], _peer.NowMs);
        _server.Association.Send(7, 51, [1], _peer.NowMs);

        List<(byte Type, byte Flags, byte[] Value)> chunks = _peer.Sent();
        Assert.Equal([1132, 1132, 236, 1], chunks.Select(static chunk => chunk.Value.Length - 12));
        Assert.Equal([0u, 1, 2, 3], chunks.Select(chunk => Word(chunk.Value, 0) - _peer.ServerFirstTsn));
        Assert.Equal([0x0007_0000u, 0x0007_0000, 0x0007_0000, 0x0007_0001], chunks.Select(static chunk => Word(chunk.Value, 4)));
    }

    [Fact]
    public void A_pending_acknowledgement_travels_with_data()
    {
        _peer.Receive(ScriptedPeer.Data(ScriptedPeer.FirstTsn, [1]));

        _server.Association.Send(0, 53, [2], _peer.NowMs);

        Assert.Equal([3, 0], RawPacket.Chunks(Assert.Single(_server.Sent)).Select(static chunk => (int)chunk.Type));
        _peer.Sent();
        _peer.Advance(200);
        Assert.Empty(_server.Sent);
    }

    [Fact]
    public void A_closed_window_is_probed_with_one_chunk_for_as_long_as_the_peer_answers()
    {
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        Acknowledge(count: 1, window: 0);
        _peer.Sent();

        _server.Association.Send(0, 53, new byte[100], _peer.NowMs);
        _server.Association.Send(0, 53, new byte[200], _peer.NowMs);
        Assert.Equal(112, Assert.Single(_peer.Sent()).Value.Length);

        // More often than the limit for unanswered data.
        for (int probe = 0; probe < 30; probe++)
        {
            _peer.NowMs = _server.Association.DeadlineMs!.Value;
            _peer.Advance(0);
            Assert.Equal(112, Assert.Single(_peer.Sent()).Value.Length);
            Acknowledge(count: 1, window: 0);
        }

        Acknowledge(count: 2, window: 1000);
        Assert.Equal(212, Assert.Single(_peer.Sent()).Value.Length);
        Assert.Null(_server.CloseReason);
    }

    [Fact]
    public void The_peers_window_is_respected()
    {
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        Acknowledge(count: 1, window: 2000);
        _peer.Sent();

        _server.Association.Send(0, 53, new byte[4000], _peer.NowMs);

        Assert.Equal(12 + 1132, Assert.Single(_peer.Sent()).Value.Length); // the second fragment would pass 2000
    }

    [Fact]
    public void The_timeout_is_the_round_trip_plus_250_ms_and_doubles_up_to_10_s()
    {
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        _peer.NowMs += 100;
        Acknowledge(count: 1, window: 100_000);
        long timeoutMs = TimeoutOfNext();
        Assert.InRange(timeoutMs, 250, 400);

        long[] expected = [.. Enumerable.Range(1, 10).Select(doubling => Math.Min(10_000, timeoutMs << doubling))];
        foreach (long next in expected)
        {
            _peer.NowMs = _server.Association.DeadlineMs!.Value;
            _peer.Advance(0);
            Assert.Equal(next, _server.Association.DeadlineMs!.Value - _peer.NowMs);
        }

        Assert.Equal(10, _server.Association.Counters.Retransmissions);
    }

    [Fact]
    public void An_acknowledgement_of_repeated_data_says_nothing_about_the_round_trip()
    {
        long timeoutMs = TimeoutOfNext();
        _peer.NowMs = _server.Association.DeadlineMs!.Value;
        _peer.Advance(0); // repeated

        _peer.NowMs += 1;
        Acknowledge(count: 1, window: 100_000);

        Assert.Equal(2 * timeoutMs, TimeoutOfNext()); // still backed off (RFC 9260, section 6.3.1, rule C5)
    }

    [Fact]
    public void Three_misses_repeat_a_chunk_once()
    {
        for (int i = 0; i < 6; i++)
        {
            _server.Association.Send(0, 53, [(byte)i], _peer.NowMs);
        }

        _peer.Sent();
        for (uint end = 2; end <= 3; end++)
        {
            Gap(2, end);
            Assert.Empty(_peer.Sent());
        }

        Gap(2, 4);
        Assert.Equal(_peer.ServerFirstTsn, Word(Assert.Single(_peer.Sent()).Value, 0));
        Gap(2, 5);
        Gap(2, 6);
        Assert.Empty(_peer.Sent());
    }

    [Fact]
    public void A_peer_may_take_a_gap_acknowledgement_back()
    {
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        _server.Association.Send(0, 53, [2], _peer.NowMs);
        Gap(2, 2);
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn, 100_000, 0)));
        _peer.Sent();

        _peer.NowMs = _server.Association.DeadlineMs!.Value;
        _peer.Advance(0);

        Assert.Equal(_peer.ServerFirstTsn + 1, Word(Assert.Single(_peer.Sent()).Value, 0));
    }

    [Fact]
    public void The_window_starts_at_4404_bytes_grows_with_use_and_falls_to_one_fragment_after_a_timeout()
    {
        _server.Association.Send(0, 53, new byte[40_000], _peer.NowMs);
        Assert.Equal(4, _peer.Sent().Count);

        Acknowledge(count: 2, window: 100_000);
        Assert.Equal(3, _peer.Sent().Count); // two acknowledged, one more by slow start

        _peer.NowMs = _server.Association.DeadlineMs!.Value;
        _peer.Advance(0);
        Assert.Single(_peer.Sent());
    }

    private static uint Word(byte[] value, int offset) => BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(offset));

    private void Acknowledge(uint count, uint window) =>
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn + count - 1, window, 0)));

    /// <summary>Nothing in order, one gap block.</summary>
    private void Gap(uint start, uint end) =>
        _peer.Receive((3, 0, RawPacket.Words(_peer.ServerFirstTsn - 1, 100_000, 0x0001_0000, (start << 16) | end)));

    private long TimeoutOfNext()
    {
        Assert.Null(_server.Association.DeadlineMs);
        _server.Association.Send(0, 53, [1], _peer.NowMs);
        _peer.Sent();
        return _server.Association.DeadlineMs!.Value - _peer.NowMs;
    }
}
