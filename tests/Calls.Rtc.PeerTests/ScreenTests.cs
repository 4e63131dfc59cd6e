using System.Text;
using Calls.Rtc.Client;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.PeerTests;

/// <summary>Screens and cameras, from the publisher's tracks to what its subscribers are told (media.md 4.1, 4.4).</summary>
public sealed class ScreenTests
{
    [Fact]
    [Trait("Spec", "media-84")]
    public void A_screen_with_sound_is_mapped_as_both_and_leaves_the_voice_alone()
    {
        using var call = new PeerCall();
        (ClientPeer alice, ClientPeer bob) = TalkAndShare(call);

        Assert.Equal(["screen", "screen-audio", "voice"], bob.Types);
        Assert.Equal(["screen", "screen-audio", "voice"], bob.Rtc.MediaMap.Values.Select(static entry => entry.Type).Order());
        Assert.All(bob.Rtc.MediaMap.Values, static entry => Assert.Equal("alice", entry.SenderId));
        uint voice = bob.Rtc.RemoteTracks.Single(static track => track.Map?.Type == "voice").Ssrc;
        int before = bob.Heard[("alice", voice)];
        call.Run(1_000);
        Assert.InRange(bob.Heard[("alice", voice)] - before, 49, 51);
    }

    [Fact]
    [Trait("Spec", "media-85")]
    public void When_a_screen_goes_off_its_picture_and_its_sound_are_withdrawn_from_everybody()
    {
        using var call = new PeerCall();
        ClientPeer carol = call.JoinAndConnect("carol");
        (ClientPeer _, ClientPeer bob) = TalkAndShare(call);
        call.Until(() => carol.Rtc.RemoteTracks.Count == 3, "Carol gets all three");

        call.SignalToServer("alice", RtcMessageType.ScreenOff, []);
        call.Until(() => bob.Rtc.RemoteTracks.Count == 1 && carol.Rtc.RemoteTracks.Count == 1, "both are withdrawn");

        foreach (ClientPeer subscriber in (ClientPeer[])[bob, carol])
        {
            Assert.Equal(["voice"], subscriber.Types);
            Assert.Equal(["voice"], subscriber.Rtc.MediaMap.Values.Select(static entry => entry.Type));
        }

        int pictures = bob.Pictures.Count;
        int before = bob.Heard.Values.Sum();
        call.Run(1_000); // the client still sends all three
        Assert.Equal(pictures, bob.Pictures.Count);
        Assert.InRange(bob.Heard.Values.Sum() - before, 49, 51);
    }

    [Fact]
    [Trait("Spec", "media-86")]
    public void The_section_of_a_sharer_who_vanished_carries_the_next_share()
    {
        using var call = new PeerCall();
        (ClientPeer alice, ClientPeer bob) = TalkAndShare(call);
        ClientPeer carol = call.JoinAndConnect("carol");
        call.Until(() => carol.Pictures.Count > 0, "Carol sees the screen");
        string mid = carol.Rtc.RemoteTracks.Single(static track => track.Kind == MediaKind.Video).Mid;

        alice.IsCutOff = true;
        call.Until(() => call.Server(alice).Closed.Count > 0, "Alice's session ends", limitMs: 40_000);
        call.Until(() => carol.Rtc.RemoteTracks.Count == 0, "her tracks are withdrawn");
        Assert.Empty(carol.Rtc.MediaMap);

        carol.Pictures.Clear();
        Share(call, bob, "bob-screen");
        call.Until(() => carol.Pictures.Count > 0, "Carol sees Bob's screen");
        RemoteTrack shared = Assert.Single(carol.Rtc.RemoteTracks);
        Assert.Equal((mid, "bob", "screen"), (shared.Mid, shared.StreamId, shared.Map?.Type));
        Assert.All(carol.Pictures, static picture => Assert.Equal("bob", picture.Publisher));
    }

    [Fact]
    [Trait("Spec", "media-83")]
    public void A_camera_that_is_named_2_s_after_its_first_packets_is_seen_with_a_key_frame_within_a_second()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        SentTrack camera = alice.Send(TrackType.Video, "camera");
        call.Until(() => camera.Packets > 0, "the camera sends");
        call.Run(2_000);
        Assert.Empty(bob.Rtc.RemoteTracks);

        call.SignalToServer("alice", RtcMessageType.VideoOn, """{"videoStreamID":"camera"}"""u8.ToArray());
        long took = call.Until(() => bob.Pictures.Exists(static picture => picture.StartsKeyFrame), "a key frame");

        Assert.True(took <= 1_000, $"It took {took} ms.");
        Assert.Equal(["video"], bob.Types);
        Assert.All(bob.Pictures, static picture => Assert.Equal(("alice", "video"), (picture.Publisher, picture.Type)));
    }

    [Fact]
    [Trait("Spec", "media-90")]
    public void A_joiner_during_a_share_can_show_it_within_a_second_and_a_round_trip()
    {
        using var call = new PeerCall();
        (ClientPeer alice, ClientPeer bob) = TalkAndShare(call);
        (call.Network.DelayMs, call.SignalingDelayMs) = (50, 50);

        ClientPeer joiner = call.JoinAndConnect("joiner");
        long took = call.Until(() => joiner.Pictures.Exists(static picture => picture.StartsKeyFrame), "a key frame");

        Assert.True(took <= 1_100, $"It took {took} ms.");
    }

    [Fact]
    public void A_share_that_is_withdrawn_and_one_of_somebody_else_alternate_on_the_same_section()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        ClientPeer carol = call.JoinAndConnect("carol");
        var mids = new HashSet<string>();
        for (int i = 0; i < 6; i++)
        {
            ClientPeer sharer = i % 2 == 0 ? alice : bob;
            carol.Pictures.Clear();
            SentTrack screen = Share(call, sharer, $"screen{i}");
            call.Until(() => carol.Pictures.Count > 0, $"Carol sees share {i}");
            mids.Add(carol.Rtc.RemoteTracks.Single().Mid);
            Assert.Equal(sharer.Session, carol.Pictures[0].Publisher);

            call.SignalToServer(sharer.Session, RtcMessageType.ScreenOff, []);
            sharer.Stop(screen);
            call.Until(() => carol.Rtc.RemoteTracks.Count == 0, $"share {i} is withdrawn");
        }

        Assert.Single(mids);
    }

    private static (ClientPeer Alice, ClientPeer Bob) TalkAndShare(PeerCall call)
    {
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");
        Share(call, alice, "alice-screen");
        alice.Send(TrackType.ScreenAudio, "alice-screen");
        call.Until(() => bob.Rtc.RemoteTracks.Count == 3 && bob.Pictures.Count > 0, "Bob gets all three");
        return (alice, bob);
    }

    private static SentTrack Share(PeerCall call, ClientPeer sharer, string streamId)
    {
        call.SignalToServer(sharer.Session, RtcMessageType.ScreenOn, Encoding.UTF8.GetBytes($$"""{"screenStreamID":"{{streamId}}"}"""));
        return sharer.Send(TrackType.Screen, streamId);
    }
}
