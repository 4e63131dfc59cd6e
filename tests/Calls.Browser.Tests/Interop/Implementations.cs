namespace Calls.Browser.Tests.Interop;

/// <summary>What is installed here, and how to start it.</summary>
internal static class Implementations
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Why an implementation cannot be tried; <c>null</c> if it can.</summary>
    public static string? WhyNot(Implementation implementation) => implementation switch
    {
        Implementation.Chromium when Chromium.Path is null => "Chromium is not installed: apt-get install chromium",
        Implementation.Firefox when FirefoxPage.Path is null => "Firefox is not installed: apt-get install firefox-esr",
        Implementation.Aiortc when !Directory.Exists("/usr/lib/python3/dist-packages/aiortc") => "aiortc is not installed: apt-get install python3-aiortc",
        Implementation.GStreamer when !IsGStreamerThere => "GStreamer's WebRTC is not installed: apt-get install gstreamer1.0-plugins-bad gstreamer1.0-nice python3-gi gir1.2-gst-plugins-bad-1.0",
        Implementation.Werift when !Directory.Exists(Path.Combine(ProcessPeer.Scripts, "werift/node_modules/werift")) => "werift is not installed: npm --prefix tests/interop/werift ci",
        _ => null,
    };

    private static bool IsGStreamerThere =>
        Directory.Exists("/usr/lib/python3/dist-packages/gi")
        && Directory.EnumerateFiles("/usr/lib", "GstWebRTC-1.0.typelib", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).Any();

    public static async Task<ForeignPeer> StartAsync(Implementation implementation, string session) => implementation switch
    {
        Implementation.Chromium => new BrowserPeer(session, await ChromiumPage.LaunchAsync()),
        Implementation.Firefox => new BrowserPeer(session, await FirefoxPage.LaunchAsync()),
        Implementation.Aiortc => new ProcessPeer(session, Python, "aiortc/peer.py"),
        Implementation.GStreamer => new ProcessPeer(session, Python, "gstreamer/peer.py"),
        Implementation.Werift => new ProcessPeer(session, "node", "werift/peer.mjs"),
        _ => throw new ArgumentOutOfRangeException(nameof(implementation), implementation, "No such implementation."),
    };
}
