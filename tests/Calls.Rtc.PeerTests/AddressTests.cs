using Calls.Rtc.Client;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>Whose packets are taken, and from where (media.md 9.4).</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData(50_000)]
    [InlineData(50_001)]
    public void A_speaker_whose_address_changes_is_heard_again_whichever_loop_its_packets_arrive_on(int port)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        alice.Address = alice.Address with { Port = (ushort)port };
        call.Until(() => call.Server(alice).Validated.Contains(alice.Address), "a check from the new address");
        int before = bob.HeardFrom(alice);
        call.Run(1_000);

        Assert.InRange(bob.HeardFrom(alice) - before, 47, 51);
        Assert.Equal(port % 2, call.Server(alice).Session.Owner!.Index);
        Assert.Single(bob.SsrcsOf(alice));
    }

    [Fact]
    public void Nothing_but_checks_is_taken_from_an_address_without_one()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        long dropped = call.Rtc.TransportCounters.DroppedUnregistered;
        TransportAddress stranger = alice.Address with { Port = 9 };

        // Alice's own packets, valid in every byte, but from elsewhere.
        int strays = 0;
        call.Network.Filter = (from, to, datagram) =>
        {
            if (from != alice.Address || PacketDemuxer.Classify(datagram) == PacketKind.Stun)
            {
                return true;
            }

            strays++;
            call.Network.Send(stranger, to, datagram, call.NowMs);
            return false;
        };
        int before = bob.HeardFrom(alice);
        call.Run(1_000);

        Assert.InRange(strays, 50, 60); // voice, pings and reports
        Assert.InRange(call.Rtc.TransportCounters.DroppedUnregistered - dropped, strays - 1, strays);
        Assert.InRange(bob.HeardFrom(alice) - before, 0, 1);
        Assert.DoesNotContain(stranger, call.Answered);
    }

    [Fact]
    public void A_hello_before_any_check_is_dropped_and_the_session_connects_once_checks_come()
    {
        using var call = new PeerCall();
        bool holdsChecks = true;
        int checks = 0;
        call.Network.Filter = (_, to, datagram) =>
        {
            bool isCheck = to == PeerCall.ServerAddress && PacketDemuxer.Classify(datagram) == PacketKind.Stun;
            checks += isCheck ? 1 : 0;
            return !(isCheck && holdsChecks);
        };
        ClientPeer alice = call.Join("alice");
        call.Until(() => checks > 0, "a check was on its way");
        call.Network.Send(alice.Address, PeerCall.ServerAddress, [22, 0xFE, 0xFD, .. new byte[40]], call.NowMs);
        call.Run(100);

        Assert.Equal(1, call.Rtc.TransportCounters.DroppedUnregistered);
        Assert.Equal(0, call.Server(alice).DtlsSent);

        holdsChecks = false;
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");
    }

    [Fact]
    public void Datagrams_that_the_network_doubles_are_heard_once()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        bool isCopy = false;
        call.Network.Filter = (from, to, datagram) =>
        {
            if (!isCopy && PacketDemuxer.Classify(datagram) == PacketKind.Rtp)
            {
                isCopy = true;
                call.Network.Send(from, to, datagram, call.NowMs);
                isCopy = false;
            }

            return true;
        };

        int before = bob.HeardFrom(alice);
        long dropped = bob.Rtc.DroppedPackets;
        call.Run(1_000);

        Assert.InRange(bob.HeardFrom(alice) - before, 49, 51);
        Assert.InRange(bob.Rtc.DroppedPackets - dropped, 49, 51);
        Assert.InRange(call.Server(alice).Participant.Count(Sfu.RtpReceiveResult.NotAuthentic), 49, 51);
    }
}
