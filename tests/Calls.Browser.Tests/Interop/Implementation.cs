namespace Calls.Browser.Tests.Interop;

/// <summary>An independent WebRTC implementation that the media server is tried with.</summary>
public enum Implementation
{
    Chromium,
    Firefox,
    Aiortc,
    GStreamer,
    Werift,
}
