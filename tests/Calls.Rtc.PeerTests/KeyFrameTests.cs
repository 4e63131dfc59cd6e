using System.Text;
using Calls.Rtc.Client;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Rtc.PeerTests;

/// <summary>When publishers are asked for key frames, on virtual time (media.md 4.7, 8.16).</summary>
public sealed class KeyFrameTests
{
    [Fact]
    public void A_joiner_is_shown_a_key_frame_two_hops_and_a_frame_after_it_has_agreed_to_the_track()
    {
        using var call = new PeerCall(seed: 61);
        call.Network.DelayMs = 10;
        (ClientPeer alice, SentTrack _) = Share(call);
        for (int i = 0; i < 5; i++)
        {
            call.Run(1_000 + (i * 3)); // at different distances from the next tick
            ClientPeer joiner = call.JoinAndConnect($"joiner{i}");
            call.Until(() => call.Server(joiner).Participant.Forwarders.Count > 0, "the track is bound");
            long took = call.Until(() => joiner.Pictures.Exists(static picture => picture.StartsKeyFrame), "a key frame");

            // Request, at most 20 ms to the next frame, and the frame's two hops.
            Assert.InRange(took, 30, 51);
        }
    }

    [Fact]
    public void Twenty_joiners_at_once_cost_the_publisher_two_key_frames()
    {
        using var call = new PeerCall(seed: 62);
        (ClientPeer alice, SentTrack screen) = Share(call);
        call.Run(2_000);
        long before = call.Rtc.Count(LossCounter.KeyFramesRequested);
        ClientPeer[] joiners = [.. Enumerable.Range(0, 20).Select(i => call.Join($"joiner{i}"))];
        call.Until(() => joiners.All(static joiner => joiner.Pictures.Exists(static picture => picture.StartsKeyFrame)), "all see the screen");

        Assert.InRange(call.Rtc.Count(LossCounter.KeyFramesRequested) - before, 1, 2);
    }

    private static (ClientPeer Alice, SentTrack Screen) Share(PeerCall call)
    {
        ClientPeer alice = call.JoinAndConnect("alice");
        call.SignalToServer("alice", RtcMessageType.ScreenOn, Encoding.UTF8.GetBytes("""{"screenStreamID":"screen"}"""));
        SentTrack screen = alice.Send(TrackType.Screen, "screen");
        call.Until(() => screen.Packets > 0, "the screen is sent");
        return (alice, screen);
    }
}
