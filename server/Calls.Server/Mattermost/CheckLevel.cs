namespace Calls.Server.Mattermost;

/// <summary>How a line of the self-check came out.</summary>
internal enum CheckLevel
{
    Pass,

    /// <summary>Something works less well, or not for everybody.</summary>
    Warning,

    /// <summary>The service is of no use as it stands.</summary>
    Failure,
}
