using Calls.Rtc;

namespace Calls.Browser.Tests.Interop;

/// <summary>Two peers of the same maker hear and see each other through the media server, and leave.</summary>
public sealed class InteropTests
{
    [InteropFact(Implementation.Chromium)]
    public Task Two_Chromiums_hear_and_see_each_other() => HearAndSeeEachOther(Implementation.Chromium);

    [InteropFact(Implementation.Firefox)]
    public Task Two_Firefoxes_hear_and_see_each_other() => HearAndSeeEachOther(Implementation.Firefox);

    [InteropFact(Implementation.Aiortc)]
    public Task Two_aiortc_peers_hear_and_see_each_other() => HearAndSeeEachOther(Implementation.Aiortc);

    [InteropFact(Implementation.GStreamer)]
    public Task A_GStreamer_peer_hears_and_sees_another() => HearAndSeeEachOther(Implementation.GStreamer, bothWays: false);

    [InteropFact(Implementation.Werift)]
    public Task Two_werift_peers_hear_and_see_each_other() => HearAndSeeEachOther(Implementation.Werift);

    private static async Task HearAndSeeEachOther(Implementation implementation, bool bothWays = true)
    {
        await using InteropServer server = await InteropServer.StartAsync();
        await using ForeignPeer alice = await Implementations.StartAsync(implementation, "alice");
        await using ForeignPeer bob = await Implementations.StartAsync(implementation, "bob");
        await server.ConnectAsync(alice);
        await server.ConnectAsync(bob);

        await alice.PublishAsync("audio", "video");
        PeerReport report = await bob.ReportAsync(IsHeardAndSeen, "hears and sees Alice");
        if (bothWays)
        {
            await bob.PublishAsync("audio", "video");
            report = await alice.ReportAsync(IsHeardAndSeen, "hears and sees Bob");
        }

        await alice.ReportAsync(static report => report.Pongs > 3, "has its pings answered");
        await bob.ReportAsync(static report => report.Pongs > 3, "has its pings answered");

        Assert.Equal(["video", "voice"], report.Tracks.Select(static track => track.Type).Order());
        await alice.CloseAsync();
        Assert.Equal(RtcCloseReason.ClosedByPeer, await server.ClosedAsync(alice));
        await bob.CloseAsync();
        Assert.Equal(RtcCloseReason.ClosedByPeer, await server.ClosedAsync(bob));
    }

    // Half a second of sound, and pictures that were decoded.
    private static bool IsHeardAndSeen(PeerReport report) => report.Audio.Received >= 25 && report.Video.Received >= 10 && report.Video.Decoded >= 5;
}
