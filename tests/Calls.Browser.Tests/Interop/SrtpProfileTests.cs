namespace Calls.Browser.Tests.Interop;

/// <summary>Which cipher protects the media, by who chooses it (media.md 2.3).</summary>
public sealed class SrtpProfileTests
{
    [PeerFact(Implementation.Chromium)]
    [Trait("Spec", "media-27")]
    public Task Chromium_gets_AEAD_when_the_server_chooses() => Chosen(Implementation.Chromium, dtlsActive: false, "SRTP_AEAD_AES_128_GCM");

    [PeerFact(Implementation.Chromium)]
    [Trait("Spec", "media-27")]
    public Task Chromium_chooses_AES_CM_itself_and_media_flows() => Chosen(Implementation.Chromium, dtlsActive: true, "SRTP_AES128_CM_HMAC_SHA1_80");

    private static async Task Chosen(Implementation implementation, bool dtlsActive, string name)
    {
        await using InteropServer server = await InteropServer.StartAsync(options => options with { DtlsActive = dtlsActive });
        await using ForeignPeer alice = await Implementations.StartAsync(implementation, "alice");
        await using ForeignPeer bob = await Implementations.StartAsync(implementation, "bob");
        await server.ConnectAsync(alice);
        await server.ConnectAsync(bob);

        await alice.PublishAsync("audio");
        PeerReport heard = await bob.ReportAsync(static report => report.Audio.Received > 25, "hears Alice");

        Assert.Equal(name, heard.Srtp);
    }
}
