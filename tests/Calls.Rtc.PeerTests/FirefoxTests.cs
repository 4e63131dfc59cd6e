using Calls.Rtc.Sdp;

namespace Calls.Rtc.PeerTests;

/// <summary>Clients that number codecs and extensions differently in one call (media.md 3.4).</summary>
public sealed class FirefoxTests
{
    private static readonly ClientProfile Firefox = ClientProfile.Chromium with
    {
        AudioCodecs = [new(109, "opus", 48_000, 2, "maxplaybackrate=48000;stereo=1;useinbandfec=1", [])],
        VideoCodecs =
        [
            new(120, "VP8", 90_000, 0, "max-fs=12288;max-fr=60", ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"]),
            new(99, "AV1", 90_000, 0, null, ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"]),
        ],
        Extensions = new(
            [new(1, HeaderExtensionUris.AudioLevel), new(3, HeaderExtensionUris.Mid), new(7, HeaderExtensionUris.TransportCc)],
            [new(3, HeaderExtensionUris.Mid), new(7, HeaderExtensionUris.TransportCc)]),
    };

    [Fact]
    public void Each_client_gets_its_own_payload_types()
    {
        using var call = new PeerCall();
        ClientPeer alice = call.JoinAndConnect("alice");
        ClientPeer fox = call.JoinAndConnect("fox", profile: Firefox);
        ClientPeer bob = call.JoinAndConnect("bob");

        // A client's numbers are known from its own offers of a kind.
        Array.ForEach([alice, fox, bob], static client => client.Unmute());
        Array.ForEach([alice, fox, bob], client =>
        {
            call.SignalToServer(client.Session, RtcMessageType.VideoOn, System.Text.Encoding.UTF8.GetBytes($$"""{"videoStreamID":"{{client.Session}}-camera"}"""));
            client.Send(TrackType.Video, $"{client.Session}-camera");
        });
        call.Until(
            () => new[] { alice, fox, bob }.All(static client => client.Pictures.Count > 100 && client.Rtc.RemoteTracks.Count == 4), "everybody gets everything");

        Assert.Equal((byte[])[96, 111], alice.PayloadTypes.Order());
        Assert.Equal((byte[])[96, 111], bob.PayloadTypes.Order());
        Assert.Equal((byte[])[109, 120], fox.PayloadTypes.Order());
        Assert.All(new[] { alice, fox, bob }, static client => Assert.Equal(["video", "video", "voice", "voice"], client.Types));
    }
}
