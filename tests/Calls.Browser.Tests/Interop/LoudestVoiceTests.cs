namespace Calls.Browser.Tests.Interop;

/// <summary>A browser hears whoever is loudest in one section (media.md 8.8).</summary>
public sealed class LoudestVoiceTests
{
    [PeerFact(Implementation.Chromium)]
    public async Task Another_speaker_goes_on_in_the_section_of_the_one_before()
    {
        await using InteropServer server = await InteropServer.StartAsync(options => options with { LoudestVoices = 1 });
        await using ForeignPeer listener = await Implementations.StartAsync(Implementation.Chromium, "listener");
        await using ForeignPeer first = await Implementations.StartAsync(Implementation.Chromium, "first");
        await using ForeignPeer second = await Implementations.StartAsync(Implementation.Chromium, "second");
        await server.ConnectAsync(listener);
        await server.ConnectAsync(first);
        await server.ConnectAsync(second);
        await first.PublishAsync("audio");
        await listener.ReportAsync(static report => report.Audio.Received > 25, "hears the first");
        await second.PublishAsync("audio");

        await first.CloseAsync();
        await server.ClosedAsync(first);
        PeerReport left = await listener.ReportAsync(static _ => true, "reports");
        PeerReport report = await listener.ReportAsync(report => report.Audio.Received > left.Audio.Received + 50, "hears the second");

        Assert.Equal(new PeerReport.Track("1", "audio", "voice"), Assert.Single(report.Tracks));
        Assert.InRange(report.Audio.Lost, 0, 3);
    }
}
