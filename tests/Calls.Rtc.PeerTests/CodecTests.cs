using Calls.Rtc.Sdp;

namespace Calls.Rtc.PeerTests;

/// <summary>VP8 and AV1 by what both sides support (media.md 4.2, DEV-14).</summary>
public sealed class CodecTests
{
    private const byte Vp8 = 96;
    private const byte Av1 = 45;

    [Fact]
    [Trait("Spec", "media-88")]
    public void Of_a_screen_sent_in_both_codecs_those_who_decode_AV1_get_AV1_and_the_others_VP8()
    {
        using var call = new PeerCall();
        ClientPeer publisher = call.JoinAndConnect("publisher", av1: true);
        ClientPeer modern = Watch(call, "modern", av1: true);
        ClientPeer plain = Watch(call, "plain");
        Share(call, publisher);
        publisher.Film(TrackType.Screen, "screen", 300_000, 10);
        publisher.Film(TrackType.Screen, "screen", 300_000, 10, MediaCodec.Av1);
        call.Run(8_000);
        ClientPeer late = Watch(call, "late", av1: true);
        call.Run(2_000);

        Assert.Equal([Av1], modern.PayloadTypes);
        Assert.Equal([Av1], late.PayloadTypes);
        Assert.Equal([Vp8], plain.PayloadTypes);
        Assert.All((ClientPeer[])[modern, plain, late], static viewer => Assert.Equal(["screen"], viewer.Types));
    }

    [Fact]
    [Trait("Spec", "media-89")]
    public void A_publisher_that_sends_no_AV1_within_3_s_is_seen_in_VP8()
    {
        using var call = new PeerCall();
        ClientPeer publisher = call.JoinAndConnect("publisher", av1: true);
        ClientPeer modern = Watch(call, "modern", av1: true);
        Share(call, publisher);
        VideoSource screen = publisher.Film(TrackType.Screen, "screen", 300_000, 10);
        call.Until(() => screen.Track.Packets > 0, "the screen is sent");
        long took = call.Until(() => modern.PayloadTypes.Contains(Vp8), "it is seen");
        Assert.InRange(took, 2_900, 3_600);

        // A late AV1 takes its place, and when that ends VP8 is there again.
        VideoSource copy = publisher.Film(TrackType.Screen, "screen", 300_000, 10, MediaCodec.Av1);
        call.Until(() => modern.PayloadTypes.Contains(Av1), "AV1 is seen");
        modern.PayloadTypes.Clear();
        call.Run(1_000);
        Assert.Equal([Av1], modern.PayloadTypes);
        Assert.Equal(["screen"], modern.Types);

        copy.IsOn = false;
        publisher.Stop(copy.Track);
        call.Until(() => modern.PayloadTypes.Contains(Vp8), "VP8 is seen again");
    }

    [Fact]
    public void A_publisher_without_AV1_is_not_waited_for()
    {
        using var call = new PeerCall();
        ClientPeer publisher = call.JoinAndConnect("publisher");
        ClientPeer modern = Watch(call, "modern", av1: true);
        Share(call, publisher);
        VideoSource screen = publisher.Film(TrackType.Screen, "screen", 300_000, 10);
        call.Until(() => screen.Track.Packets > 0, "the screen is sent");
        long took = call.Until(() => modern.PayloadTypes.Contains(Vp8), "it is seen");
        Assert.InRange(took, 0, 400);
    }

    private static ClientPeer Watch(PeerCall call, string session, bool av1 = false)
    {
        ClientPeer viewer = call.JoinAndConnect(session, av1: av1);
        viewer.Watches = true;
        return viewer;
    }

    private static void Share(PeerCall call, ClientPeer publisher) =>
        call.SignalToServer(publisher.Session, RtcMessageType.ScreenOn, """{"screenStreamID":"screen"}"""u8.ToArray());
}
