namespace Calls.Rtc.PeerTests;

/// <summary>A share in two layers over a subscriber's bottleneck: which layer it gets, and that its audio does not suffer (media.md 4.6, 8.5).</summary>
public sealed class BandwidthTests
{
    [Fact]
    [Trait("Spec", "media-91")]
    public void A_subscriber_with_5_Mbit_per_second_is_moved_to_the_upper_layer_without_a_freeze()
    {
        using PeerCall call = Share(seed: 91, out ClientPeer alice, out ClientPeer bob);
        call.Network.DownlinkBitsPerSecond[bob.Address] = 5_000_000;
        uint ssrc = bob.Rtc.RemoteTracks.Single(static track => track.Map?.Type == "screen").Ssrc;
        string mid = bob.Rtc.RemoteTracks.Single(static track => track.Map?.Type == "screen").Mid;

        long startMs = call.NowMs;
        long took = call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer");
        call.Run(20_000);

        Viewer viewer = Screen(bob);
        int first = viewer.Shown.FindIndex(static picture => picture.Layer == 1);
        Assert.True(viewer.Shown[first].IsKeyFrame);
        Assert.Empty(viewer.Breaks);
        Assert.Equal(0, viewer.Skips);
        Assert.Equal([ssrc], viewer.Ssrcs);
        Assert.Equal(mid, bob.Rtc.RemoteTracks.Single(static track => track.Map?.Type == "screen").Mid);
        Assert.All(viewer.Shown[first..], static picture => Assert.Equal(1, picture.Layer));
        Assert.True(viewer.LongestFreezeMs(startMs, call.NowMs) <= 500, $"frozen for {viewer.LongestFreezeMs(startMs, call.NowMs)} ms");
        Assert.InRange(took, 0, 12_000);
    }

    [Theory]
    [Trait("Spec", "media-92")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_path_that_narrows_to_800_kbit_per_second_brings_the_lower_layer_back_within_5_s_and_keeps_it(int seed)
    {
        using PeerCall call = Share(seed, out ClientPeer alice, out ClientPeer bob);
        call.Network.DownlinkBitsPerSecond[bob.Address] = 5_000_000;
        call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer");
        call.Run(5_000);

        call.Network.DownlinkBitsPerSecond[bob.Address] = 800_000;
        long narrowedMs = call.NowMs;
        call.Run(60_000);

        Viewer viewer = Screen(bob);
        long[] switches = [.. viewer.Shown.Zip(viewer.Shown.Skip(1)).Where(static pair => pair.First.Layer != pair.Second.Layer).Select(static pair => pair.Second.AtMs)];
        long back = switches.First(ms => ms > narrowedMs) - narrowedMs;
        Assert.True(back <= 5_000, $"seed {seed}: after {back} ms");
        Assert.Equal(0, viewer.Shown[^1].Layer);
        Assert.Empty(viewer.Breaks);
        Assert.All(Enumerable.Range(0, 50), second =>
            Assert.InRange(switches.Count(ms => ms > narrowedMs + (second * 1_000) && ms <= narrowedMs + (second * 1_000) + 10_000), 0, 2));
    }

    [Theory]
    [InlineData(1, 400_000, 4)]
    [InlineData(2, 800_000, 20)]
    [InlineData(3, 1_500_000, 20)]
    public void Audio_loses_less_than_1_percent_while_video_adapts_to_a_narrow_path_and_recovers(int seed, int bitsPerSecond, int pictures)
    {
        using PeerCall call = Share(seed, out ClientPeer alice, out ClientPeer bob);
        (call.Network.JitterMs, call.Network.DelayMs) = (4, 20);
        call.Network.DownlinkBitsPerSecond[bob.Address] = 4_000_000;
        call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer");
        call.Run(5_000);

        AudioLoss loss = new(call, alice, bob);
        call.Network.DownlinkBitsPerSecond[bob.Address] = bitsPerSecond;
        call.Run(40_000);
        double narrow = loss.Since();
        long estimate = call.Server(bob).Participant.Bandwidth!.EstimateBitsPerSecond;
        int shownNarrow = Screen(bob).Shown.Count(picture => picture.AtMs > call.NowMs - 10_000);

        call.Network.DownlinkBitsPerSecond[bob.Address] = 4_000_000;
        long recovered = call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer again", limitMs: 90_000);
        call.Run(10_000);
        double wide = loss.Since();

        Assert.True(narrow < 0.01, $"seed {seed}: {narrow:P2} of the audio lost");
        Assert.True(wide < 0.01, $"seed {seed}: {wide:P2} of the audio lost while video came back");

        // What is sent stays below the path; beyond that the estimate may run ahead by half.
        Assert.InRange(estimate, bitsPerSecond / 3, bitsPerSecond * 16 / 10);
        Assert.True(shownNarrow >= pictures, $"seed {seed}: {shownNarrow} pictures in 10 s");
        Assert.True(recovered <= 80_000, $"seed {seed}: after {recovered} ms");
    }

    [Fact]
    public void A_subscriber_behind_a_narrow_path_does_not_cost_the_others_their_layer()
    {
        using PeerCall call = Share(seed: 5, out ClientPeer alice, out ClientPeer bob);
        ClientPeer carol = call.JoinAndConnect("carol");
        carol.Watches = true;
        call.Network.DownlinkBitsPerSecond[bob.Address] = 700_000;
        call.Network.DownlinkBitsPerSecond[carol.Address] = 6_000_000;
        call.Until(() => carol.Viewers.ContainsKey("screen") && Screen(carol).Shown.Count > 0 && Screen(carol).Shown[^1].Layer == 1, "Carol gets the upper layer");
        call.Run(20_000);

        Assert.Equal(1, Screen(carol).Shown[^1].Layer);
        Assert.Equal(0, Screen(bob).Shown[^1].Layer);
        Assert.Empty(Screen(bob).Breaks);
        Assert.Empty(Screen(carol).Breaks);
        Assert.Equal(0, Screen(carol).Skips);
        Assert.InRange(alice.Videos[0].KeyFrames + alice.Videos[1].KeyFrames, 2, 25);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_joiner_sees_the_first_picture_within_300_ms_of_its_connection(bool othersJustAsked)
    {
        using PeerCall call = Share(seed: 7, out ClientPeer _, out ClientPeer bob);
        (call.Network.DelayMs, call.SignalingDelayMs) = (1, 1);
        call.Run(3_000);
        ClientPeer joiner = call.Join("joiner");
        joiner.Watches = true;
        call.Until(() => joiner.Rtc.State == Client.RtcClientState.Open, "the joiner is connected");
        if (othersJustAsked)
        {
            bob.Rtc.RequestKeyFrame(bob.Rtc.Streams.Single(static stream => stream.Track!.Map?.Type == "screen"), call.NowMs);
        }

        long took = call.Until(() => joiner.Viewers.ContainsKey("screen") && Screen(joiner).Shown.Count > 0, "the joiner sees the screen");
        Assert.True(took <= 300, $"It took {took} ms.");
    }

    [Fact]
    public void When_a_publisher_stops_sending_its_upper_layer_everybody_falls_back_and_returns_with_it()
    {
        using PeerCall call = Share(seed: 6, out ClientPeer alice, out ClientPeer bob);
        call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer");
        alice.Videos[1].IsOn = false;
        call.Until(() => Screen(bob).Shown[^1].Layer == 0, "Bob gets the lower layer", limitMs: 2_500);
        call.Run(3_000);
        alice.Videos[1].IsOn = true;
        call.Until(() => Screen(bob).Shown[^1].Layer == 1, "Bob gets the upper layer again", limitMs: 30_000);
        Assert.Empty(Screen(bob).Breaks);
    }

    [Theory]
    [InlineData(600_000)]
    [InlineData(250_000)]
    public void A_camera_without_layers_gives_way_to_audio_and_comes_back(int bitsPerSecond)
    {
        using var call = new PeerCall(seed: 8);
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer bob = call.JoinAndConnect("bob");
        bob.Watches = true;
        alice.Unmute();
        call.SignalToServer("alice", RtcMessageType.VideoOn, """{"videoStreamID":"camera"}"""u8.ToArray());
        alice.Film(Sdp.TrackType.Video, "camera", 900_000, 30);
        call.Until(() => bob.Viewers.ContainsKey("video") && bob.Viewers["video"].Shown.Count > 30, "Bob sees the camera");
        call.Run(5_000);

        AudioLoss loss = new(call, alice, bob);
        call.Network.DownlinkBitsPerSecond[bob.Address] = bitsPerSecond;
        call.Run(30_000);
        double narrow = loss.Since();
        call.Network.DownlinkBitsPerSecond[bob.Address] = 4_000_000;
        call.Run(60_000);

        Assert.True(narrow < 0.02, $"{narrow:P2} of the audio lost");
        Assert.True(loss.Since() < 0.01);
        Viewer viewer = bob.Viewers["video"];
        Assert.Empty(viewer.Breaks);
        Assert.True(viewer.Shown.Count(picture => picture.AtMs > call.NowMs - 5_000) > 120, "The camera is not fluent again.");
    }

    private static Viewer Screen(ClientPeer viewer) => viewer.Viewers["screen"];

    private static PeerCall Share(int seed, out ClientPeer alice, out ClientPeer bob)
    {
        var call = new PeerCall(seed);
        alice = call.JoinAndConnect("alice");
        ClientPeer viewer = bob = call.JoinAndConnect("bob");
        bob.Watches = true;
        alice.Unmute();
        call.SignalToServer("alice", RtcMessageType.ScreenOn, """{"screenStreamID":"screen"}"""u8.ToArray());
        alice.ShareInLayers("screen");
        call.Until(() => viewer.Viewers.ContainsKey("screen") && Screen(viewer).Shown.Count > 5, "Bob sees the screen");
        return call;
    }

    /// <summary>Voice packets of Alice that Bob did not hear.</summary>
    private sealed class AudioLoss(PeerCall call, ClientPeer alice, ClientPeer bob)
    {
        private long _sent = alice.Voice!.Packets;
        private int _heard = bob.HeardFrom(alice);

        /// <returns>Share that was lost since the last call, once what is under way has arrived.</returns>
        public double Since()
        {
            long sent = alice.Voice!.Packets;
            call.Run(500);
            int heard = bob.HeardFrom(alice) - (int)(alice.Voice!.Packets - sent);
            double lost = 1 - ((heard - _heard) / (double)(sent - _sent));
            (_sent, _heard) = (alice.Voice!.Packets, bob.HeardFrom(alice));
            return lost;
        }
    }
}
