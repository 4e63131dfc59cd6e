namespace Calls.Server.Mattermost.Relay;

internal enum UpstreamFrameKind
{
    /// <summary>Has <c>event</c> and <c>seq</c>: counted and renumbered.</summary>
    Event,

    /// <summary>Has <c>seq_reply</c> and no <c>seq</c>: not counted.</summary>
    Reply,

    /// <summary>Anything else; passes unchanged.</summary>
    Other,
}
