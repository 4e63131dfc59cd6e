using Calls.Rtc.Client;
using Calls.Rtc.Ice;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>What keeps a session alive, and what only keeps it connected (media.md 1.8, 9.2).</summary>
public sealed class ConsentTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_checks_a_session_stays_connected_by_its_packets_but_ends_after_30_s(bool speaks)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        if (speaks)
        {
            alice.Unmute();
        }

        call.Run(3_000);
        call.Network.Filter = static (_, _, datagram) => PacketDemuxer.Classify(datagram) != PacketKind.Stun;

        call.Run(20_000);
        Assert.Equal(IceConnectionState.Connected, call.Server(alice).Control.Agent!.State);
        long took = 20_000 + call.Until(() => call.Server(alice).Closed.Count > 0, "the session ends");

        Assert.InRange(took, 27_000, 30_000); // 30 s after the last check, which came up to 2.5 s before
        Assert.Equal([RtcCloseReason.IceFailed], call.Server(alice).Closed);
    }

    [Fact]
    public void A_session_in_which_nothing_happens_is_rarely_looked_at()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        call.Run(5_000);
        long before = call.MailboxTurns;

        call.Run(10_000);

        // Per session and second: a ping, the acknowledgement of the pong, a delayed one of ours, and a deadline or two.
        Assert.InRange(call.MailboxTurns - before, 40, 140);
        Assert.Equal(RtcClientState.Open, bob.Rtc.State);
    }
}
