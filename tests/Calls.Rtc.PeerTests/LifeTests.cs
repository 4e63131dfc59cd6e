using Calls.Rtc.Client;
using Calls.Rtc.Ice;

namespace Calls.Rtc.PeerTests;

/// <summary>How sessions come up, move and end.</summary>
public sealed class LifeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "media-25")]
    public void The_answer_is_lite_and_says_who_speaks_first_in_DTLS(bool dtlsActive)
    {
        using var call = new PeerCall(dtlsActive: dtlsActive);
        ClientPeer alice = call.Join("alice");
        call.Until(() => call.Server(alice).SentToClient.Count > 0, "the answer");
        string answer = call.Server(alice).SentToClient[0].Json;
        Assert.Contains("a=ice-lite", answer, StringComparison.Ordinal);
        Assert.Contains(dtlsActive ? "a=setup:active" : "a=setup:passive", answer, StringComparison.Ordinal);
        Assert.Equal(0, call.Server(alice).DtlsSent);

        // Checks alone: the passive side stays silent until the client's hello, the active side speaks after the first valid pair.
        call.Until(() => call.Server(alice).ChecksAnswered > 0, "a check");
        Assert.Equal(dtlsActive, call.Server(alice).DtlsSent > 0);
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");
    }

    [Fact]
    [Trait("Spec", "media-16")]
    public void Media_follows_a_client_whose_address_changes()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");

        alice.Address = alice.Address with { Port = 50_000 };
        call.Until(() => call.Server(alice).Validated.Contains(alice.Address), "an authenticated check from the new address");
        int before = alice.HeardFrom(bob);
        long took = call.Until(() => alice.HeardFrom(bob) > before, "Alice hears Bob on the new address");

        Assert.True(took <= 1_000, $"It took {took} ms.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_check_that_meets_the_answer_on_its_way_is_answered(bool restarts)
    {
        using var call = new PeerCall();
        ClientPeer alice = call.Create("alice");
        bool isAnswered = false;
        TransportAddress source = alice.Address with { Port = 9 };
        if (restarts)
        {
            alice.Rtc.Start(call.NowMs);
            call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");
        }

        call.OnSaid = (_, json) =>
        {
            if (json.Contains("\"answer\"", StringComparison.Ordinal))
            {
                call.Flood(source, [CheckFor(call.Server(alice).Ufrags[^1], json, alice.Rtc.LocalUfrag)]);
                isAnswered = call.Answered.Contains(source);
            }
        };
        if (restarts)
        {
            alice.Rtc.RestartIce(call.NowMs);
        }
        else
        {
            alice.Rtc.Start(call.NowMs);
        }

        call.Run(200);
        Assert.True(isAnswered);
    }

    [Fact]
    [Trait("Spec", "media-17")]
    public void A_check_with_a_wrong_password_gets_no_answer_and_leaves_no_trace()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ServerPeer server = call.Server(alice);
        int answered = server.ChecksAnswered;
        byte[] forged = new byte[Stun.StunWriter.MaxSize];
        string ufrag = server.Ufrags[^1];
        Assert.True(IceCredentials.TryCreate(ufrag, "wrongwrongwrongwrongwrong", out IceCredentials? wrong));
        var attacker = new IceClientAgent(IceCredentials.Create(), wrong, tieBreaker: 1, call.NowMs);
        attacker.AddRemote(PeerCall.ServerAddress, priority: 1);
        int length = attacker.NextCheck(call.NowMs, forged, out _);
        TransportAddress source = alice.Address with { Port = 9 };

        call.Network.Send(source, PeerCall.ServerAddress, forged.AsSpan(0, length), call.NowMs);
        int paths = server.Control.Agent!.PathCount;
        call.Run(100);

        Assert.Equal(answered, server.ChecksAnswered);
        Assert.Equal(paths, server.Control.Agent!.PathCount);
        Assert.DoesNotContain(source, call.Answered);
    }

    [Fact]
    [Trait("Spec", "media-19")]
    public void A_client_that_vanishes_is_disconnected_after_5_s_and_gone_after_30_s()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        call.Run(3_000);
        ServerPeer server = call.Server(alice);
        alice.IsCutOff = true;

        call.Run(4_000);
        Assert.Equal(IceConnectionState.Connected, server.Control.Agent!.State);
        call.Run(1_500);
        Assert.Equal(IceConnectionState.Disconnected, server.Control.Agent!.State);
        Assert.Empty(server.Closed);

        long gone = call.Until(() => server.Closed.Count > 0, "the session is closed", limitMs: 30_000);
        Assert.InRange(gone, 20_000, 25_000);
        call.Run(5_000);
        Assert.Equal([RtcCloseReason.IceFailed], server.Closed);
    }

    [Fact]
    [Trait("Spec", "media-20")]
    [Trait("Spec", "media-21")]
    [Trait("Spec", "media-22")]
    public void Candidates_of_any_kind_and_time_do_no_harm()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.Create("alice");
        foreach (string candidate in (string[])["candidate:1 1 udp 2113937151 f00.local 50000 typ host", "", "candidate:2 1 udp 1 198.51.100.9 9 typ host"])
        {
            call.SignalToServer("alice", RtcMessageType.Ice, System.Text.Encoding.UTF8.GetBytes($$"""{"candidate":"{{candidate}}","sdpMid":"0"}"""));
        }

        call.Run(50);
        alice.Rtc.Start(call.NowMs);
        call.Until(() => alice.Rtc.State == RtcClientState.Open, "connected");

        Assert.Equal(0, call.Server(alice).Control.RefusedMessages);
    }

    [Fact]
    [Trait("Spec", "media-24")]
    public void An_ICE_restart_brings_new_credentials_and_media_goes_on()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0, "Alice hears Bob");
        Assert.Single(call.Server(alice).Ufrags);

        alice.Rtc.RestartIce(call.NowMs);
        call.Until(() => call.Server(alice).Ufrags.Count == 2, "new credentials");
        call.Run(5_000);
        int heard = alice.HeardFrom(bob);
        call.Run(2_000);

        Assert.InRange(alice.HeardFrom(bob) - heard, 95, 105);
        Assert.Equal(IceConnectionState.Connected, call.Server(alice).Control.Agent!.State);
    }

    [Fact]
    [Trait("Spec", "media-61")]
    public void A_session_without_an_offer_ends_after_10_s_and_is_counted()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.Create("alice");

        call.Run(9_900);
        Assert.Empty(call.Server(alice).Closed);
        Assert.Equal(0, call.Rtc.ErrorCount(RtcErrorKind.Signaling));
        call.Run(200);

        Assert.Equal([RtcCloseReason.Signaling], call.Server(alice).Closed);
        Assert.Equal(1, call.Rtc.ErrorCount(RtcErrorKind.Signaling));
    }

    [Fact]
    public void A_first_offer_that_is_none_ends_the_session()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.Create("alice");

        call.SignalToServer("alice", RtcMessageType.Sdp, """{"type":"offer","sdp":"nonsense"}"""u8.ToArray());
        call.Run(50);

        Assert.Equal([RtcCloseReason.Signaling], call.Server(alice).Closed);
        Assert.Equal(1, call.Rtc.ErrorCount(RtcErrorKind.Signaling));
    }

    [Fact]
    [Trait("Spec", "media-77")]
    public void A_client_that_closes_its_connection_is_gone_at_once()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");

        alice.Rtc.Close(call.NowMs);
        long took = call.Until(() => call.Server(alice).Closed.Count > 0, "the session is closed");

        Assert.True(took <= 100, $"It took {took} ms.");
        Assert.Equal([RtcCloseReason.ClosedByPeer], call.Server(alice).Closed);
    }

    [Fact]
    [Trait("Spec", "media-87")]
    public void Stopping_a_screen_that_is_not_shared_changes_nothing()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        call.SignalToServer("bob", RtcMessageType.ScreenOff, []);
        call.SignalToServer("alice", RtcMessageType.ScreenOff, []);
        int before = bob.HeardFrom(alice);
        call.Run(1_000);

        Assert.InRange(bob.HeardFrom(alice) - before, 45, 55);
        Assert.Single(bob.Rtc.RemoteTracks);
    }

    [Fact]
    [Trait("Spec", "media-64")]
    public void A_free_lock_is_granted_and_a_taken_one_refused()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");

        alice.Rtc.Channel!.Send(DataChannels.CallsChannelMessageType.Lock, call.NowMs);
        alice.Rtc.Channel!.Send(DataChannels.CallsChannelMessageType.Lock, call.NowMs);
        call.Until(() => alice.ChannelMessages.Count(static message => message.IsGranted is not null) == 2, "both replies");

        // The bytes CC 07 C3 and CC 07 C2 are pinned by the codec's tests.
        Assert.Equal([true, false], alice.ChannelMessages.Where(static message => message.IsGranted is not null).Select(static message => message.IsGranted!.Value));
    }

    private static byte[] CheckFor(string ufrag, string answer, string clientUfrag)
    {
        string password = answer.Split("a=ice-pwd:")[1].Split("\\r")[0];
        Assert.True(IceCredentials.TryCreate(ufrag, password, out IceCredentials? server));
        Assert.True(IceCredentials.TryCreate(clientUfrag, "anythinganythinganything", out IceCredentials? client));
        var agent = new IceClientAgent(client, server, tieBreaker: 1, nowMs: 0);
        agent.AddRemote(PeerCall.ServerAddress, priority: 1);
        byte[] check = new byte[Stun.StunWriter.MaxSize];
        return check[..agent.NextCheck(nowMs: 0, check, out _)];
    }
}
