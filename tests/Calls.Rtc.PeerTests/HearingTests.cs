using Calls.Rtc.Client;

namespace Calls.Rtc.PeerTests;

/// <summary>Who hears whom, over a network that is not kind.</summary>
public sealed class HearingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_clients_hear_each_other_in_both_DTLS_roles_despite_loss_and_reordering(bool dtlsActive)
    {
        using var call = new PeerCall(seed: 7, dtlsActive);
        (call.Network.Loss, call.Network.JitterMs) = (0.1, 15);
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");

        alice.Unmute();
        bob.Unmute();
        call.Until(() => alice.HeardFrom(bob) > 0 && bob.HeardFrom(alice) > 0, "both hear each other");
        int before = bob.HeardFrom(alice);
        call.Run(10_000);

        // 500 packets in 10 s, each lost with 10 % on two hops.
        Assert.InRange(bob.HeardFrom(alice) - before, 350, 450);
        Assert.Equal(0, alice.HeardFrom(alice));
        Assert.Equal(7, alice.Rtc.SrtpProfile);
    }

    [Fact]
    [Trait("Spec", "media-58")]
    public void A_joiner_at_100_ms_round_trip_is_given_40_voices_within_a_second()
    {
        using var call = new PeerCall();
        ClientPeer[] speakers = [.. Enumerable.Range(0, 40).Select(i => call.Join($"speaker{i}"))];
        call.Until(() => speakers.All(static speaker => speaker.Rtc.State == RtcClientState.Open), "all are connected");
        Array.ForEach(speakers, static speaker => speaker.Unmute());
        call.Until(() => call.PublishedTracks == 40, "all speak", limitMs: 60_000);
        call.Run(10_000);
        (call.Network.DelayMs, call.SignalingDelayMs) = (50, 50);

        ClientPeer joiner = call.JoinAndConnect("joiner");
        long bound = call.Until(() => joiner.Rtc.RemoteTracks.Count == 40, "all voices are bound");

        Assert.True(bound <= 1_000, $"It took {bound} ms.");
        Assert.Equal(1, call.Server(joiner).OffersSignaled);
    }

    [Fact]
    [Trait("Spec", "media-70")]
    public void A_track_that_ends_is_withdrawn_with_an_empty_map_first()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        alice.Rtc.Close(call.NowMs);
        call.Until(() => bob.Rtc.RemoteTracks.Count == 0, "the track is withdrawn");

        Assert.Empty(bob.ChannelMessages.Last(static message => message.MediaMap is not null).MediaMap!);
        Assert.Empty(bob.Rtc.MediaMap);
    }

    [Fact]
    public void A_muted_client_that_keeps_sending_is_not_heard_and_comes_back_on_the_same_SSRC()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        call.SignalToServer("alice", RtcMessageType.Mute, []);
        call.Run(200);
        int muted = bob.HeardFrom(alice);
        call.Run(2_000);
        Assert.Equal(muted, bob.HeardFrom(alice));
        Assert.False(call.Server(alice).VoiceActivity[^1]);

        call.SignalToServer("alice", RtcMessageType.Unmute, []);
        call.Until(() => bob.HeardFrom(alice) > muted, "Bob hears Alice again");
        Assert.Single(bob.Heard, entry => entry.Key.Publisher == "alice");
    }
}
