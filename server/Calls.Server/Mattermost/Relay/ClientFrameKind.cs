namespace Calls.Server.Mattermost.Relay;

internal enum ClientFrameKind
{
    /// <summary>Mattermost's business, undecodable frames included: forwarded byte for byte.</summary>
    Native,

    /// <summary><c>authentication_challenge</c>: its token is remembered, then it is forwarded.</summary>
    Challenge,

    /// <summary>A Calls action: consumed.</summary>
    Calls,

    /// <summary>A Calls action whose data cannot be used: consumed and dropped.</summary>
    Unusable,
}
