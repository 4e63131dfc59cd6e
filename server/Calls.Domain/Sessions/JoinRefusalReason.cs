namespace Calls.Domain.Sessions;

/// <summary>Why a join failed, in the order of the checks (signaling.md 3.3).</summary>
public enum JoinRefusalReason
{
    Forbidden,
    JobMissing,

    /// <summary>Mattermost refused or could not be asked; the detail is its text.</summary>
    ChatHostFailed,

    ChannelArchived,
    ThreadDeleted,
    ThreadNotRoot,

    /// <summary>The setting of the channel cannot be read; the detail says why.</summary>
    ChannelSettingUnreadable,

    /// <summary>Too many joins of the channel wait already.</summary>
    QueueFull,

    LockFailed,

    /// <summary>The licence allows calls in direct messages only (configuration.md 8).</summary>
    GroupCallsNotAllowed,

    CallsDisabled,
    InsufficientPermissions,
    AlreadyConnected,

    /// <summary>The connection has a session in the call of another channel.</summary>
    ConnectedElsewhere,

    ParticipantLimit,
    NoJobInProgress,

    /// <summary>The job that the bot names is not active, or its worker is at work already.</summary>
    JobNotOpen,

    /// <summary>The store failed; the refusal says at what.</summary>
    StoreFailed,

    /// <summary>The media session could not be created; the detail says why.</summary>
    MediaUnavailable,
}
