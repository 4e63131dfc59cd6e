namespace Calls.Browser.Tests.Interop;

/// <summary>A section of a publisher who has left carries the next one (media.md 3.6).</summary>
public sealed class ReusedSectionTests
{
    [PeerFact(Implementation.Chromium)]
    [Trait("Spec", "media-44")]
    public Task Chromium_announces_the_next_track_of_a_section_anew() => AnnouncesAnew(Implementation.Chromium);

    [PeerFact(Implementation.Firefox, Implementation.Chromium)]
    [Trait("Spec", "media-44")]
    public Task Firefox_announces_the_next_track_of_a_section_anew() => AnnouncesAnew(Implementation.Firefox);

    private static async Task AnnouncesAnew(Implementation listening)
    {
        await using InteropServer server = await InteropServer.StartAsync();
        await using ForeignPeer listener = await Implementations.StartAsync(listening, "listener");
        await server.ConnectAsync(listener);

        await using (ForeignPeer first = await Implementations.StartAsync(Implementation.Chromium, "first"))
        {
            await server.ConnectAsync(first);
            await first.PublishAsync("audio");
            await listener.ReportAsync(static report => report.Audio.Received > 10, "hears the first");
            await first.CloseAsync();
            await server.ClosedAsync(first);
        }

        await using ForeignPeer second = await Implementations.StartAsync(Implementation.Chromium, "second");
        await server.ConnectAsync(second);
        await second.PublishAsync("audio");
        PeerReport announced = await listener.ReportAsync(static report => report.Tracks.Count == 2, "is told of the second");
        await listener.ReportAsync(report => report.Audio.Received > announced.Audio.Received + 25, "hears the second");

        Assert.Equal(new PeerReport.Track("1", "audio", "voice"), announced.Tracks[0]);
        Assert.Equal(announced.Tracks[0], announced.Tracks[1]);
    }
}
