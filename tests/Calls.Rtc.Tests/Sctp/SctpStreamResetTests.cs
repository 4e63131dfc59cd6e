using Calls.Rtc.Sctp;

namespace Calls.Rtc.Tests.Sctp;

public sealed class SctpStreamResetTests
{
    private static readonly uint First = ScriptedPeer.FirstTsn;

    private readonly SctpPeer _client = new(seed: 1);
    private readonly SctpPeer _server = new(seed: 2);

    [Fact]
    public void A_reset_as_chromium_sends_it_is_performed_and_repeated_answers_are_the_same()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();
        peer.Receive(ScriptedPeer.Data(First, [1], stream: 1));

        // Request number, response number, last TSN, stream 1: 18 bytes, padded.
        byte[] request = [0x00, 0x0D, 0x00, 0x12, .. RawPacket.Words(First, peer.ServerFirstTsn - 1, First), 0, 1];
        peer.Receive((130, 0, request));
        peer.Receive((130, 0, request));

        Assert.Equal([1], _server.ResetStreams);
        string[] answers = [.. peer.Sent().Where(static chunk => chunk.Type == 130).Select(static chunk => Convert.ToHexString(chunk.Value))];
        Assert.Equal(["0010000CFFFFFFFE00000001", "0010000CFFFFFFFE00000001"], answers);
    }

    [Fact]
    public void A_reset_waits_for_the_data_before_it()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();
        byte[] request = [0x00, 0x0D, 0x00, 0x12, .. RawPacket.Words(First, 0, First + 1), 0, 1];

        peer.Receive((130, 0, request));
        Assert.Equal("0010000CFFFFFFFE00000006", Convert.ToHexString(Assert.Single(peer.Sent()).Value)); // in progress
        Assert.Empty(_server.ResetStreams);

        peer.Receive(ScriptedPeer.Data(First, [1], stream: 1), ScriptedPeer.Data(First + 1, [1], stream: 1, number: 1));
        peer.Sent();
        peer.Receive((130, 0, request));
        Assert.Equal("0010000CFFFFFFFE00000001", Convert.ToHexString(peer.Sent()[0].Value));
        Assert.Equal([1], _server.ResetStreams);
    }

    [Fact]
    public void Other_requests_are_denied_and_wrong_numbers_refused()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();
        uint number = First;
        foreach (byte type in new byte[] { 14, 15, 17, 18 })
        {
            peer.Receive((130, 0, [0, type, 0, 12, .. RawPacket.Words(number, 1)]));
            Assert.Equal([.. Convert.FromHexString("0010000C"), .. RawPacket.Words(number, 2)], Assert.Single(peer.Sent()).Value);
            number++;
        }

        peer.Receive((130, 0, [0, 13, 0, 16, .. RawPacket.Words(number, 0, First - 1)])); // all streams
        Assert.Equal([.. Convert.FromHexString("0010000C"), .. RawPacket.Words(number, 2)], Assert.Single(peer.Sent()).Value);
        peer.Receive((130, 0, [0, 13, 0, 18, .. RawPacket.Words(number + 7, 0, First - 1), 0, 1]));
        Assert.Equal([.. Convert.FromHexString("0010000C"), .. RawPacket.Words(number + 7, 5)], Assert.Single(peer.Sent()).Value);
        Assert.Empty(_server.ResetStreams);
    }

    [Theory]
    [InlineData("000D0010FFFFFFFE0000")] // past the end
    [InlineData("000D0000")]
    [InlineData("000D0008FFFFFFFE")] // too short for a reset request
    [InlineData("000E0004")]
    public void Malformed_requests_get_no_answer(string value)
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();

        peer.Receive((130, 0, Convert.FromHexString(value)));

        Assert.Empty(peer.Sent());
        Assert.Equal(1, _server.Association.Counters.Malformed);
        Assert.Equal(SctpState.Established, _server.Association.State);
    }

    [Fact]
    public void Our_reset_follows_our_data_and_frees_the_stream()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 3) { Loss = 0.2, JitterMs = 10 }.Connected();
        _client.Association.Send(2, 53, new byte[5000], link.NowMs);
        _client.Association.ResetStream(2, link.NowMs);
        _client.Association.ResetStream(2, link.NowMs);
        Assert.False(_client.Association.Send(2, 53, [1], link.NowMs));
        Assert.True(_client.Association.Send(4, 53, [1], link.NowMs));

        Assert.True(link.Run(60_000, () => _server.ResetStreams.Count > 0 && _client.Association.Send(2, 53, [2], link.NowMs)));
        Assert.True(link.Run(60_000, () => _server.Messages.Count == 3));
        Assert.Equal([2], _server.ResetStreams);
        Assert.Equal([5000, 1, 1], _server.Messages.Select(static message => message.Data.Length));
    }

    [Fact]
    public void A_request_has_the_form_that_chromium_answers()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();

        _server.Association.ResetStream(1, peer.NowMs);

        (byte type, _, byte[] value) = Assert.Single(peer.Sent());
        Assert.Equal(130, type);
        Assert.Equal([0, 13, 0, 18, .. RawPacket.Words(peer.ServerFirstTsn, First - 1, peer.ServerFirstTsn - 1), 0, 1], value);
        Assert.NotNull(_server.Association.DeadlineMs);

        peer.Receive((130, 0, [0, 16, 0, 12, .. RawPacket.Words(peer.ServerFirstTsn, 1)]));
        Assert.Null(_server.Association.DeadlineMs);
    }

    [Fact]
    public void A_request_still_in_progress_is_asked_again_under_a_new_number()
    {
        ScriptedPeer peer = new ScriptedPeer(_server).Established();
        _server.Association.ResetStream(1, peer.NowMs);
        peer.Sent();

        peer.Receive((130, 0, [0, 16, 0, 12, .. RawPacket.Words(peer.ServerFirstTsn, 6)]));

        Assert.Equal(RawPacket.Words(peer.ServerFirstTsn + 1), Assert.Single(peer.Sent()).Value[4..8]);
    }

    [Fact]
    public void An_unanswered_request_ends_the_association()
    {
        EmulatedLink link = new EmulatedLink(_client, _server, seed: 4).Connected();
        link.Filter = static (_, _) => false;

        _client.Association.ResetStream(2, link.NowMs);

        Assert.True(link.Run(200_000, () => _client.CloseReason == SctpCloseReason.RetransmissionTimeout));
    }
}
