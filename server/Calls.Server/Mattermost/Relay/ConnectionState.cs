namespace Calls.Server.Mattermost.Relay;

/// <summary>State of a client's connection (mattermost-integration.md 3.3).</summary>
internal enum ConnectionState
{
    /// <summary>Dialled, but nobody knows yet which user and which connection this is.</summary>
    Identifying,

    /// <summary>Re-dialled with the old connection id; Mattermost has not shown that it accepts it.</summary>
    Resuming,

    /// <summary>Resumed: the ring was replayed, what Mattermost has queued is still arriving.</summary>
    Replaying,

    Live,

    /// <summary>Without client.</summary>
    Detached,

    /// <summary>Without client, but one is being dialled for it.</summary>
    Reserved,

    Dead,
}
