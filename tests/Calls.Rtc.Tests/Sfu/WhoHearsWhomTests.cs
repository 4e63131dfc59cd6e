using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Sfu;

public sealed class WhoHearsWhomTests
{
    private readonly TestCall _call = new();

    [Theory]
    [InlineData(SrtpProfile.AeadAes128Gcm)]
    [InlineData(SrtpProfile.Aes128CmHmacSha1_80)]
    [Trait("Spec", "media-79")]
    public void Everyone_else_hears_the_speaker_and_the_speaker_does_not(SrtpProfile profile)
    {
        TestClient alice = _call.Join("alice", profile: profile).WithMicrophone();
        TestClient bob = _call.Join("bob", profile: profile);
        TestClient carol = _call.Join("carol");

        for (ushort i = 0; i < 20; i++)
        {
            Assert.Equal(RtpReceiveResult.Forwarded, alice.Speak(i));
        }

        foreach (TestClient listener in new[] { bob, carol })
        {
            Assert.Equal(20, listener.From(alice).Count());
            Assert.Equal(Enumerable.Range(0, 20), listener.Received.Select(packet => (int)packet.SequenceNumber));
            Assert.Equal(Enumerable.Range(0, 20), listener.Received.Select(packet => packet.Payload[1]).Select(value => (int)value));
            Assert.Single(listener.Received.Select(packet => packet.Ssrc).Distinct());
        }

        Assert.Empty(alice.Received);
        Assert.Equal(["started Voice"], alice.Events);
        Assert.NotEqual(bob.Received[0].Ssrc, carol.Received[0].Ssrc);
    }

    [Fact]
    public void Everyone_who_speaks_is_heard_under_an_ssrc_of_their_own()
    {
        TestClient[] clients = [.. Enumerable.Range(0, 5).Select(i => _call.Join($"client{i}").WithMicrophone())];
        for (ushort i = 0; i < 10; i++)
        {
            foreach (TestClient client in clients)
            {
                client.Speak(i);
            }
        }

        foreach (TestClient listener in clients)
        {
            Assert.Equal(40, listener.Received.Count);
            Assert.Equal(4, listener.Received.Select(packet => packet.Ssrc).Distinct().Count());
            Assert.Empty(listener.From(listener));
            foreach (TestClient speaker in clients.Where(client => client != listener))
            {
                Assert.Equal(10, listener.From(speaker).Count());
            }
        }
    }

    [Fact]
    [Trait("Spec", "media-80")]
    public void Nothing_of_a_muted_session_is_forwarded()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);
        alice.Events.Clear();

        alice.Participant.Muted = true;
        for (ushort i = 1; i < 100; i++)
        {
            Assert.Equal(RtpReceiveResult.Muted, alice.Speak(i));
        }

        Assert.Single(bob.Received);
        Assert.Equal(["voice off"], alice.Events);
    }

    [Fact]
    [Trait("Spec", "media-81")]
    public void Unmuting_resumes_on_the_same_ssrc_without_a_gap()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);
        alice.Participant.Muted = true;
        for (ushort i = 1; i < 1000; i++)
        {
            alice.Speak(i);
        }

        alice.Participant.Muted = false;
        alice.Speak(1000);

        Assert.Equal(2, bob.Received.Count);
        Assert.Equal(bob.Received[0].Ssrc, bob.Received[1].Ssrc);
        Assert.Equal(bob.Received[0].SequenceNumber + 1, bob.Received[1].SequenceNumber);
        Assert.Equal(1000u * 960, bob.Received[1].Timestamp - bob.Received[0].Timestamp);
        Assert.Equal(["started Voice", "voice off"], alice.Events);
    }

    [Fact]
    public void A_late_joiner_hears_those_who_spoke_before()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        for (ushort i = 40_000; i < 40_100; i++)
        {
            alice.Speak(i);
        }

        TestClient bob = _call.Join("bob");
        alice.Speak(40_100);
        alice.Speak(40_101);

        // The first number is in the lower half, so that an early loss cannot mislead the receiver's rollover counter.
        Assert.Equal([40_100 - 32_768, 40_101 - 32_768], bob.Received.Select(packet => (int)packet.SequenceNumber));
    }

    [Fact]
    public void A_session_that_is_not_connected_yet_misses_packets_and_nothing_else()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob", connected: false);
        TestClient carol = _call.Join("carol");
        alice.Speak(0);
        Assert.Empty(bob.Received);

        bob.Participant.SetTransport(bob.ServerKeys.Outbound, bob.ServerKeys.Inbound);
        bob.Participant.Path = bob.Path;
        alice.Speak(1);

        Assert.Single(bob.Received);
        Assert.Equal(2, carol.Received.Count);
    }

    [Fact]
    public void Who_leaves_is_neither_heard_nor_sent_to()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob").WithMicrophone();
        TestClient carol = _call.Join("carol").WithMicrophone();
        foreach (TestClient client in new[] { alice, bob, carol })
        {
            client.Speak(0);
        }

        PublishedTrack voice = Assert.Single(bob.Participant.Tracks);
        _call.Leave(bob);
        alice.Speak(1);

        Assert.True(voice.IsEnded);
        Assert.Equal(["started Voice", "ended Voice"], bob.Events);
        Assert.Empty(bob.Participant.Tracks);
        Assert.Single(alice.Participant.Tracks.Single().Subscribers);
        Assert.Single(alice.Participant.Forwarders);
        Assert.Single(bob.Received, packet => packet.Publisher == alice);
        Assert.False(voice.AddSubscriber(new TrackForwarder(carol.Participant, carol.Participant.AllocateSsrc(), 111, default)));
        Assert.False(alice.Participant.Tracks[0].AddSubscriber(
            new TrackForwarder(bob.Participant, bob.Participant.AllocateSsrc(), 111, default)));
    }

    [Fact]
    public void A_track_never_leads_back_to_its_publisher_and_a_forwarder_serves_once()
    {
        TestClient alice = _call.Join("alice").WithMicrophone();
        TestClient bob = _call.Join("bob");
        alice.Speak(0);
        PublishedTrack voice = alice.Participant.Tracks[0];

        Assert.Throws<InvalidOperationException>(
            () => voice.AddSubscriber(new TrackForwarder(alice.Participant, alice.Participant.AllocateSsrc(), 111, default)));
        TrackForwarder used = bob.Participant.Forwarders[0];
        voice.RemoveSubscriber(used);
        Assert.Throws<InvalidOperationException>(() => voice.AddSubscriber(used));
        Assert.Empty(bob.Participant.Forwarders);
    }

    [Fact]
    public void Ssrcs_are_never_drawn_twice_and_never_those_of_the_client()
    {
        TestClient alice = _call.Join("alice");
        var drawn = new HashSet<uint> { alice.Participant.RtcpSsrc };
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(drawn.Add(alice.Participant.AllocateSsrc()));
        }

        Assert.DoesNotContain(0u, drawn);
        Assert.DoesNotContain(1u, drawn);
    }

    [Fact]
    public void Track_ids_parse_as_type_and_session()
    {
        TestClient alice = _call.Join("4yk3d6pf3bfk9q1qcdtj9qkkho").WithMicrophone();
        alice.Speak(0);

        string[] parts = alice.Participant.Tracks[0].TrackId.Split('_');
        Assert.Equal(["voice", "4yk3d6pf3bfk9q1qcdtj9qkkho"], parts[..2]);
        Assert.Matches("^[ybndrfg8ejkmcpqxot1uwisza345h769]{8}$", Assert.Single(parts[2..]));
    }
}
