using System.Buffers.Binary;
using System.Text;
using Calls.Rtc.Client;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>Voices and pictures over networks that lose packets (media.md 4.8, 8.3, 8.6).</summary>
public sealed class LossTests
{
    private static readonly ClientProfile WithRed = ClientProfile.Chromium with { Understood = SupportedCodecs.WithRtxAndRed };

    private static readonly ClientProfile WithoutRepairStreams = ClientProfile.Chromium with
    {
        VideoCodecs = [.. ClientProfile.Chromium.VideoCodecs.Where(static codec => !codec.IsRtx)],
        Understood = SupportedCodecs.Default,
    };

    [Theory]
    [Trait("Spec", "media-96")]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    public void Of_video_packets_lost_on_the_way_up_19_of_20_are_recovered(int seed, bool hasRtx)
    {
        using var call = new PeerCall(seed);
        (call.Network.DelayMs, call.SignalingDelayMs) = (25, 25);
        (ClientPeer alice, ClientPeer bob, SentTrack screen) = Share(call, hasRtx ? ClientProfile.Chromium : WithoutRepairStreams);
        var random = new Random(seed);
        var lost = new HashSet<ushort>();
        var seen = new HashSet<ushort>();
        call.Network.Filter = (from, _, datagram) =>
        {
            if (from != alice.Address || PacketDemuxer.Classify(datagram) != PacketKind.Rtp || random.NextDouble() >= 0.05)
            {
                return true;
            }

            // The first transmission of a screen packet that is lost; a lost repetition is part of the same misfortune.
            ushort number = BinaryPrimitives.ReadUInt16BigEndian(datagram.AsSpan(2));
            if (BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(8)) == screen.Ssrc && seen.Add(number))
            {
                lost.Add(number);
            }

            return false;
        };
        int firstFrame = alice.FramesSent[screen];
        call.Run(20_000);
        int endFrame = alice.FramesSent[screen] - 50; // time for the last ones to be repaired
        call.Network.Filter = null;
        call.Run(500);

        Film film = Assert.Single(bob.Films.Values);
        int missing = Enumerable.Range(firstFrame, endFrame - firstFrame)
            .Sum(frame => Enumerable.Range(0, alice.PacketsPerFrame).Count(packet => !film.Has(frame, packet)));
        Assert.True(lost.Count > 100, $"seed {seed}: only {lost.Count} lost");
        Assert.True(missing <= lost.Count * 0.05, $"seed {seed}: {missing} of {lost.Count} were not recovered");
        Assert.Equal(0, film.Repeated);
        Assert.True(screen.Retransmissions > 0);
        Assert.InRange(screen.Retransmissions, lost.Count * 95 / 100, lost.Count * 3 / 2);
        Assert.True(call.Rtc.Count(LossCounter.PacketsRecovered) >= lost.Count * 95 / 100);
    }

    [Theory]
    [InlineData(11, true)]
    [InlineData(12, true)]
    [InlineData(13, false)]
    [InlineData(14, false)]
    public void A_tenth_of_all_packets_lost_both_ways_leaves_voice_and_picture_playable(int seed, bool hasRepairStreams)
    {
        using var call = new PeerCall(seed);
        (call.Network.DelayMs, call.SignalingDelayMs, call.Network.JitterMs) = (25, 25, 10);
        (ClientPeer alice, ClientPeer bob, SentTrack screen) = Share(call, hasRepairStreams ? WithRed : WithoutRepairStreams);
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0, "Bob hears Alice");

        call.Network.Loss = 0.10;
        int heardBefore = bob.HeardFrom(alice);
        int shownBefore = bob.Films.Values.Single().Shown.Count;
        int firstFrame = alice.FramesSent[screen];
        long startMs = call.NowMs;
        call.Run(30_000);
        int frames = alice.FramesSent[screen] - firstFrame;
        call.Network.Loss = 0;
        call.Run(1_000);

        Film film = bob.Films.Values.Single();
        double shown = (film.Shown.Count - shownBefore) / (double)(alice.FramesSent[screen] - firstFrame);
        Assert.True(shown > 0.95, $"seed {seed}: {shown:P1} of the frames were shown");
        Assert.True(film.LongestFreezeMs(call.NowMs) <= 1_000, $"seed {seed}: frozen for {film.LongestFreezeMs(call.NowMs)} ms");
        Assert.True(film.Shown[^1].Number >= alice.FramesSent[screen] - 5, $"seed {seed}: stuck at frame {film.Shown[^1].Number}");
        Assert.Equal(0, film.Repeated);
        Assert.True(frames > 1_000);

        double heard = (bob.HeardFrom(alice) - heardBefore) / ((call.NowMs - startMs) / (double)PeerCall.SpeechMs);
        Assert.True(heard > (hasRepairStreams ? 0.96 : 0.78), $"seed {seed}: {heard:P1} of the voice was heard");
        long[] times = [.. bob.HeardAt["alice"].Where(ms => ms >= startMs)];
        Assert.True(times.Zip(times.Skip(1)).All(pair => pair.Second - pair.First <= 200), $"seed {seed}: a gap in the voice");
    }

    [Fact]
    public void Packets_lost_on_the_way_down_are_recovered_for_those_who_lost_them_only()
    {
        using var call = new PeerCall(seed: 21);
        (ClientPeer alice, ClientPeer bob, SentTrack screen) = Share(call, ClientProfile.Chromium);
        ClientPeer carol = call.JoinAndConnect("carol");
        call.Until(() => carol.Films.Count > 0, "Carol sees the screen");
        var random = new Random(21);
        call.Network.Filter = (_, to, datagram) => to != bob.Address || PacketDemuxer.Classify(datagram) != PacketKind.Rtp || random.NextDouble() >= 0.05;
        call.Run(10_000);
        call.Network.Filter = null;
        call.Run(500);

        Assert.True(bob.Films.Values.Single().LongestFreezeMs(call.NowMs) <= 200);
        ReceivedStream atBob = bob.Rtc.Streams.Single(static stream => stream.Track?.Kind == MediaKind.Video);
        ReceivedStream atCarol = carol.Rtc.Streams.Single(static stream => stream.Track?.Kind == MediaKind.Video);
        Assert.True(atBob.Recovered > 50);
        Assert.Equal(0, atBob.GivenUp);
        Assert.Equal((0, 0), (atCarol.Requested, atCarol.Recovered));
        Assert.Equal(0, screen.Retransmissions);
        Assert.InRange(call.Rtc.Count(LossCounter.Retransmissions), atBob.Recovered, atBob.Recovered * 3 / 2);
    }

    [Fact]
    public void A_listener_that_knows_no_red_gets_plain_opus_with_the_gaps_filled()
    {
        using var call = new PeerCall(seed: 51);
        ClientPeer alice = call.JoinAndConnect("alice", profile: WithRed);
        ClientPeer bob = call.JoinAndConnect("bob", profile: ClientProfile.Chromium);
        ClientPeer carol = call.JoinAndConnect("carol", profile: WithRed);
        alice.Unmute();
        call.Until(() => bob.HeardFrom(alice) > 0 && carol.HeardFrom(alice) > 0, "both hear Alice");
        var random = new Random(51);
        call.Network.Filter = (from, _, datagram) => from != alice.Address || PacketDemuxer.Classify(datagram) != PacketKind.Rtp || random.NextDouble() >= 0.10;
        int before = bob.HeardFrom(alice);
        call.Run(20_000);

        Assert.InRange(bob.HeardFrom(alice) - before, 970, 1_000);
        Assert.Equal([111], bob.PayloadTypes.Select(static type => (int)type));
        Assert.Equal([63, 111], carol.PayloadTypes.Select(static type => (int)type).Order()); // what was restored is plain for her too
        Assert.InRange(call.Rtc.Count(LossCounter.PacketsRestored), 60, 120);
    }

    [Fact]
    public void A_second_without_any_packet_ends_with_a_key_frame()
    {
        using var call = new PeerCall(seed: 31);
        (ClientPeer alice, ClientPeer bob, SentTrack _) = Share(call, ClientProfile.Chromium);
        alice.PacketsPerFrame = 12; // more in a second than is kept or asked for
        call.Run(1_000);
        Film film = bob.Films.Values.Single();
        call.Network.Filter = (from, _, datagram) => from != alice.Address || PacketDemuxer.Classify(datagram) != PacketKind.Rtp;
        call.Run(1_500);
        call.Network.Filter = null;
        int shown = film.Shown.Count;
        long took = call.Until(() => film.Shown.Count > shown + 10, "the picture moves again");

        Assert.True(took <= 400, $"It took {took} ms.");
    }

    [Fact]
    public void Chromium_is_told_of_each_packet_and_tells_of_each_one()
    {
        using var call = new PeerCall(seed: 41);
        (ClientPeer alice, ClientPeer bob, SentTrack screen) = Share(call, ClientProfile.Chromium);
        var observer = new Observer();
        call.Server(bob).Participant.Feedback.Observer = observer;
        long before = screen.Packets;
        call.Run(2_000);

        Assert.InRange(observer.Received, screen.Packets - before - 30, screen.Packets - before);
        Assert.InRange(observer.Ends, 15, 21);
        Assert.Equal(0, observer.Lost);
    }

    private static (ClientPeer Alice, ClientPeer Bob, SentTrack Screen) Share(PeerCall call, ClientProfile profile)
    {
        ClientPeer alice = call.JoinAndConnect("alice", profile: profile);
        ClientPeer bob = call.JoinAndConnect("bob", profile: profile);
        alice.PacketsPerFrame = 3;
        call.SignalToServer("alice", RtcMessageType.ScreenOn, Encoding.UTF8.GetBytes("""{"screenStreamID":"screen"}"""));
        SentTrack screen = alice.Send(TrackType.Screen, "screen");
        call.Until(() => bob.Films.Count > 0 && bob.Films.Values.Single().Shown.Count > 0, "Bob sees the screen");
        return (alice, bob, screen);
    }

    private sealed class Observer : Sfu.Feedback.IBandwidthObserver
    {
        public int Received { get; private set; }

        public int Lost { get; private set; }

        public int Ends { get; private set; }

        public void OnPacket(in Sfu.Feedback.PacketFeedback packet)
        {
            Received += packet.IsReceived ? 1 : 0;
            Lost += packet.IsReceived ? 0 : 1;
        }

        public void OnFeedbackEnd(long nowMs) => Ends++;
    }
}
