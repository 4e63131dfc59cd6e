namespace Calls.Server.Mattermost.Relay;

internal enum FrameOrigin
{
    /// <summary>Read from Mattermost; reading stops while 256 of them wait.</summary>
    Upstream,

    /// <summary>Our event.</summary>
    Injected,

    /// <summary>From the ring after a resume; bounded by it.</summary>
    Replayed,
}
