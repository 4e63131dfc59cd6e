namespace Calls.Server.Mattermost.Relay;

/// <summary>Where an event from Mattermost stands in its stream.</summary>
internal enum UpstreamOrder
{
    Next,

    /// <summary>Seen before: dropped.</summary>
    Duplicate,

    /// <summary>Events are missing: both sides are closed and the record is dead.</summary>
    Broken,
}
