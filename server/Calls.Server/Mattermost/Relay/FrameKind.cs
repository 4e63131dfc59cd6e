namespace Calls.Server.Mattermost.Relay;

internal enum FrameKind
{
    Text,
    Binary,

    /// <summary>The peer closed properly; nothing follows.</summary>
    Close,

    /// <summary>The peer sent more than it may; the rest of the message is still to come.</summary>
    TooBig,

    /// <summary>The connection is gone.</summary>
    Lost,
}
