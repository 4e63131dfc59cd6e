namespace Calls.Rtc.PeerTests;

/// <summary>Who hears whom when more than two are there.</summary>
public sealed class ThreeClientsTests
{
    [Fact]
    public void Everybody_else_hears_a_speaker_and_a_leaver_is_heard_no_more()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        ClientPeer carol = call.JoinAndConnect("carol");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0 && carol.HeardFrom(alice) > 0, "both hear Alice");
        Assert.Empty(alice.Heard);

        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && carol.HeardFrom(bob) > 0, "both hear Bob");
        bob.Rtc.Close(call.NowMs);
        call.Until(() => alice.Rtc.RemoteTracks.Count == 0 && carol.Rtc.RemoteTracks.Count == 1, "Bob's voice is withdrawn", limitMs: 2_100);

        int before = carol.HeardFrom(alice);
        call.Run(1_000);
        Assert.InRange(carol.HeardFrom(alice) - before, 49, 51);
        Assert.Equal(["alice", "carol"], call.Rtc.GetSessions("group", "call").Select(static session => session.SessionId).Order());
    }

    [Fact]
    public void A_session_that_its_host_closes_is_told_so_and_closed_once()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        call.Rtc.CloseSession("alice");
        call.Rtc.CloseSession("alice");
        call.Run(100);

        Assert.Equal([RtcCloseReason.Requested], call.Server(alice).Closed);
        Assert.Equal(Client.RtcClientEnd.ClosedByServer, alice.Rtc.End);
        Assert.Null(call.Rtc.SilentFor("alice"));
    }

    [Fact]
    public void Reports_reach_the_speaker_and_the_listener()
    {
        using var call = new PeerCall(seed: 9);
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        call.Network.Filter = (from, _, datagram) => from != alice.Address || datagram[0] != 0x90 || datagram[3] % 10 != 0; // a tenth of the voice
        call.Run(10_000);
        Client.ReceivedStream stream = Assert.Single(bob.Rtc.Streams);

        Assert.InRange(alice.Voice!.ReceiverReports, 9, 12);
        Assert.InRange(alice.Voice.ReportedLost!.Value, 45, 55);
        Assert.InRange(stream.SenderReports, 9, 12);
        Assert.InRange(stream.Packets - stream.ReportedPackets, 0, 50); // what came since the last report
    }
}
