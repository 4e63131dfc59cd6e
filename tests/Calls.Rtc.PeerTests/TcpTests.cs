using Calls.Rtc.Client;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>ICE over TCP, and the ways between it and UDP (media.md 1.4, DEV-6).</summary>
public sealed class TcpTests
{
    [Theory]
    [Trait("Spec", "media-13")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_only_gets_out_over_tcp_connects_talks_and_hears(bool dtlsActive)
    {
        using var call = new PeerCall(dtlsActive: dtlsActive);
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "the data channel over TCP");
        alice.Unmute();
        bob.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0 && alice.HeardFrom(bob) > 0, "they hear each other");
        int bobHeard = bob.HeardFrom(alice);
        int aliceHeard = alice.HeardFrom(bob);
        call.Run(2_000);

        Assert.InRange(bob.HeardFrom(alice) - bobHeard, 99, 101);
        Assert.InRange(alice.HeardFrom(bob) - aliceHeard, 99, 101);
        Assert.NotNull(alice.Rtc.RoundTripMs);
        Assert.True(call.Server(alice).Participant.Path!.Remote.IsTcp);
        Assert.Equal(1, call.Rtc.TransportCounters.TcpAccepted);
    }

    [Theory]
    [Trait("Spec", "media-14")]
    [InlineData(0)]
    [InlineData(1)]
    public void A_session_moves_to_udp_as_soon_as_the_client_nominates_it_there_whichever_loop_that_is(int tcpPortOffset)
    {
        using var call = new PeerCall();
        bool isBlocked = true;
        call.Network.Filter = (_, _, _) => !isBlocked;
        ClientPeer alice = call.JoinWithTcp("alice");
        alice.TcpPortOffset = tcpPortOffset;
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        isBlocked = false;
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob over TCP");
        Assert.True(call.Server(alice).Participant.Path!.Remote.IsTcp);

        call.Until(() => !call.Server(alice).Participant.Path!.Remote.IsTcp, "the server sends on UDP");
        int overTcp = alice.Connection!.Received;
        int heard = alice.HeardFrom(bob);
        call.Run(1_000);

        Assert.InRange(alice.HeardFrom(bob) - heard, 49, 51);
        Assert.InRange(alice.Connection.Received - overTcp, 0, 2); // answers to the checks that keep the connection
        Assert.Single(alice.SsrcsOf(bob));
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
        Assert.Empty(call.Server(alice).Closed);
    }

    [Theory]
    [Trait("Spec", "media-15")]
    [InlineData(0)]
    [InlineData(1)]
    public void A_session_falls_back_to_tcp_when_its_udp_path_dies_and_does_not_flap_before(int tcpPortOffset)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinWithTcp("alice");
        alice.TcpPortOffset = tcpPortOffset;
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");

        // Both paths are valid and checked all the time; the client nominates the better one.
        var ways = new List<bool>();
        for (int i = 0; i < 100; i++)
        {
            call.Run(100);
            ways.Add(call.Server(alice).Participant.Path!.Remote.IsTcp);
        }

        Assert.Equal(2, call.Server(alice).Control.Agent!.PathCount);
        Assert.All(ways.Skip(10), Assert.False);

        call.Network.Filter = (from, to, _) => from != alice.Address && to != alice.Address;
        long died = call.NowMs;
        call.Until(() => call.Server(alice).Participant.Path!.Remote.IsTcp, "the server sends on TCP");
        Assert.InRange(call.NowMs - died, 4_000, 10_000); // 5 s until the client gives up UDP, less than 4 s for the last nomination to lapse
        int heard = alice.HeardFrom(bob);
        call.Run(1_000);
        Assert.InRange(alice.HeardFrom(bob) - heard, 49, 51);
        Assert.Empty(call.Server(alice).Closed);
        Assert.Equal(alice.Connection!.ServerEnd.Remote.Port % 2, call.Server(alice).Session.Owner!.Index);
    }

    [Fact]
    public void A_connection_that_breaks_hands_over_to_another_path_at_once()
    {
        using var call = new PeerCall();
        bool blocksUdp = true;
        call.Network.Filter = (_, _, _) => !blocksUdp;
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        ClientConnection first = alice.Connection!;

        // Over the same TCP port again, from another port: what a client does whose connection is reset.
        alice.Connection = null;
        alice.Address = alice.Address with { Port = (ushort)(alice.Address.Port + 1) };
        call.Until(() => call.Server(alice).Control.Agent!.PathCount == 2, "a check on the second connection");
        TransportPath before = call.Server(alice).Participant.Path!;
        (before.Remote.Port == first.ServerEnd.Remote.Port ? first : alice.Connection!).ServerEnd.End();
        call.Run(50);

        Assert.NotSame(before, call.Server(alice).Participant.Path);
        Assert.Equal(1, call.Server(alice).Control.Agent!.PathCount);
        Assert.Empty(call.Server(alice).Closed);
    }

    [Fact]
    public void A_connection_may_be_there_before_its_session_and_is_dropped_if_the_session_never_comes()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        string ufrag = call.Server(alice).Ufrags[0];
        byte[] early = PeerChecks.Check("nobodyknowsme", "client", "any password that is long enough");
        byte[] forged = PeerChecks.Check(ufrag, alice.Rtc.LocalUfrag, "not the password of that session");

        EmulatedStream waiting = call.ConnectRaw(50_000, PeerChecks.Frame(early));
        EmulatedStream liar = call.ConnectRaw(50_001, PeerChecks.Frame(forged));
        call.Run(1_000);
        Assert.True(liar.IsDisposed);
        Assert.False(waiting.IsDisposed);
        Assert.Equal(1, call.Rtc.TransportCounters.TcpClosedUnproven);

        call.Run(31_000);
        Assert.True(waiting.IsDisposed);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
    }

    [Fact]
    public void A_connection_of_one_session_does_not_answer_for_another()
    {
        using var call = new PeerCall();
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        ClientPeer bob = call.JoinAndConnect("bob");
        int answered = alice.Connection!.Received;
        long paths = call.Server(bob).Control.Agent!.PathCount;

        (string ufrag, string password) = call.Server(bob).Credentials;
        alice.Connection.Send(PeerChecks.Check(ufrag, bob.Rtc.LocalUfrag, password));
        call.Run(100);

        Assert.Equal(paths, call.Server(bob).Control.Agent!.PathCount);
        Assert.InRange(alice.Connection.Received - answered, 0, 1); // at most an answer to a check of its own
        Assert.False(alice.Connection.ServerEnd.IsDisposed);
    }

    [Fact]
    public void A_session_that_ends_says_goodbye_over_its_connection_before_it_is_closed()
    {
        using var call = new PeerCall();
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");

        call.Rtc.CloseSession(alice.Session);
        call.Until(() => alice.Rtc.State == RtcClientState.Closed, "the client is told", limitMs: 500);

        Assert.Equal(RtcClientEnd.ClosedByServer, alice.Rtc.End);
        call.Until(() => alice.Connection!.ServerEnd.IsDisposed, "the connection is closed", limitMs: 4_000);
    }

    [Fact]
    public void A_reader_too_slow_for_its_tcp_connection_keeps_its_session_and_the_others_lose_nothing()
    {
        using var call = new PeerCall();
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        ClientPeer bob = call.JoinAndConnect("bob");
        ClientPeer carol = call.JoinAndConnect("carol");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && carol.HeardFrom(bob) > 0, "both hear Bob");
        int heard = carol.HeardFrom(bob);

        alice.Connection!.ServerEnd.Room = 0;
        call.Run(3_000);
        Assert.InRange(carol.HeardFrom(bob) - heard, 149, 151);
        alice.Connection.ServerEnd.Room = int.MaxValue;
        int aliceHeard = alice.HeardFrom(bob);
        call.Run(1_000);

        // 3 s of speech fit into the queue: late, but nothing is lost.
        Assert.InRange(alice.HeardFrom(bob) - aliceHeard, 195, 205);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
    }

    [Fact]
    public void A_flood_of_connections_costs_the_people_in_the_call_nothing()
    {
        const int Seed = 9_4;
        using var call = new PeerCall(Seed);
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && bob.HeardFrom(alice) > 0, "they hear each other");
        (int aliceHeard, int bobHeard) = (alice.HeardFrom(bob), bob.HeardFrom(alice));

        // Each second 500 that say nothing, and 500 that say anything at all.
        var random = new Random(Seed);
        string ufrag = call.Server(alice).Ufrags[0];
        for (int i = 0; i < 5_000; i++)
        {
            byte[] garbage = new byte[random.Next(1_200)];
            random.NextBytes(garbage);
            byte[] forged = PeerChecks.Frame(PeerChecks.Check(ufrag, "anybody", "a guess that is long enough to be one"));
            call.ConnectRaw((ushort)(10_000 + i), (i % 4) switch { 0 or 1 => [], 2 => garbage, _ => forged });
            call.Run(i % 2);
        }

        call.Run(500);
        TransportCounters counters = call.Rtc.TransportCounters;
        Assert.True(call.Rtc.TcpConnections <= 16 + 1, $"{call.Rtc.TcpConnections} connections are open");
        Assert.True(counters.TcpRefusedFromAddress > 4_000, $"{counters.TcpRefusedFromAddress} were refused");
        Assert.Equal(0, counters.HandlerFaults);
        Assert.InRange(alice.HeardFrom(bob) - aliceHeard, 149, 151);
        Assert.InRange(bob.HeardFrom(alice) - bobHeard, 149, 151);
    }

    [Fact]
    public void Whatever_a_client_sends_over_its_connection_its_session_and_the_others_go_on()
    {
        const int Seed = 4_571;
        using var call = new PeerCall(Seed);
        BlockUdp(call, "alice");
        ClientPeer alice = call.JoinWithTcp("alice");
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected over TCP");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");
        int heard = alice.HeardFrom(bob);

        var random = new Random(Seed);
        byte[] kinds = [0, 1, 20, 22, 63, 64, 128, 129, 191, 255];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] packet = new byte[random.Next(1_600)];
            random.NextBytes(packet);
            if (packet.Length > 0)
            {
                packet[0] = kinds[random.Next(kinds.Length)];
            }

            alice.Connection!.Send(packet);
            call.Run(i % 20 == 0 ? 1 : 0);
        }

        call.Run(100);
        Assert.Equal(0, call.Rtc.TransportCounters.HandlerFaults);
        Assert.False(alice.Connection!.ServerEnd.IsDisposed);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
        Assert.InRange(alice.HeardFrom(bob) - heard, 53, 56);
    }

    [Fact]
    public void A_server_out_of_descriptors_goes_on_and_takes_connections_again_when_it_can()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        EmulatedListener listener = call.ListenerOf(50_000);
        listener.IsExhausted = true;
        call.ConnectRaw(50_000, []);
        call.Run(3_000);

        Assert.InRange(listener.Asked, 2, 5); // once a second, not once a turn
        Assert.Equal(0, call.Rtc.TransportCounters.TcpAccepted);
        Assert.Equal(RtcClientState.Open, alice.Rtc.State);
        listener.IsExhausted = false;
        call.Run(1_100);
        Assert.Equal(1, call.Rtc.TransportCounters.TcpAccepted);
    }

    private static void BlockUdp(PeerCall call, string session) =>
        call.Network.Filter = (from, to, _) => call.AddressOf(session) is not { } address || (from != address && to != address);
}
