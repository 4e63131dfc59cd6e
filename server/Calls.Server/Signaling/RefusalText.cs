using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary>The texts of <c>error</c> events and logs, word for word (signaling.md 3.2 to 3.4).</summary>
internal static class RefusalText
{
    public static string Of(JoinRefusal refusal) => refusal.Reason switch
    {
        JoinRefusalReason.Forbidden => "forbidden",
        JoinRefusalReason.JobMissing => "JobID should not be empty for bot connections",
        JoinRefusalReason.ChatHostFailed => refusal.Detail,
        JoinRefusalReason.ChannelArchived => "cannot join call in archived channel",
        JoinRefusalReason.ThreadDeleted => "cannot attach call to deleted thread",
        JoinRefusalReason.ThreadNotRoot => "thread is not a root post",
        JoinRefusalReason.ChannelSettingUnreadable => $"failed to get call channel: {refusal.Detail}",
        JoinRefusalReason.QueueFull => "failed to push to batcher: failed to push item, channel is full",
        JoinRefusalReason.LockFailed => LockFailed(refusal.Detail),
        JoinRefusalReason.GroupCallsNotAllowed => "unlicensed servers only allow calls in DMs",
        JoinRefusalReason.CallsDisabled => "calls are disabled in the channel",
        JoinRefusalReason.InsufficientPermissions => "insufficient permissions",
        JoinRefusalReason.AlreadyConnected => "session is already connected",
        JoinRefusalReason.ConnectedElsewhere => "failed to create call session: the connection has a session in another call",
        JoinRefusalReason.ParticipantLimit => "user cannot join because of limits",
        JoinRefusalReason.NoJobInProgress => "no job in progress",
        JoinRefusalReason.JobNotOpen => "job not in progress or already started",
        JoinRefusalReason.StoreFailed => $"{Of(refusal.Operation)}: {refusal.Detail}",
        JoinRefusalReason.MediaUnavailable => $"failed to init session: {refusal.Detail}",
        _ => throw new InvalidOperationException($"Unmapped refusal {refusal.Reason}."),
    };

    public static string Of(ReconnectRefusal refusal) => refusal switch
    {
        ReconnectRefusal.Forbidden => "forbidden",
        ReconnectRefusal.NoCallOngoing => "no call ongoing",
        ReconnectRefusal.SessionNotFound => "session not found in call state",
        ReconnectRefusal.AlreadyReconnected => "session already reconnected",
        _ => throw new InvalidOperationException($"Unmapped refusal {refusal}."),
    };

    /// <param name="missing">The text for a session that is not in the call; it differs between actions.</param>
    public static MessageOutcome Of(SessionActionResult result, string missing, string stillShared = "") => result switch
    {
        SessionActionResult.Done => MessageOutcome.Done,
        SessionActionResult.NoCallOngoing => MessageOutcome.Rejected("no call ongoing"),
        SessionActionResult.NotInCall => MessageOutcome.Rejected(missing),
        SessionActionResult.ScreenSharingNotAllowed => MessageOutcome.Rejected("screen sharing is not allowed"),
        SessionActionResult.SomebodyElseShares => MessageOutcome.Rejected(stillShared),
        _ => throw new InvalidOperationException($"Unmapped result {result}."),
    };

    public static string Of(StoreOperation operation) => operation switch
    {
        StoreOperation.CreateCall => "failed to create call",
        StoreOperation.UpdateCall => "failed to update call",
        StoreOperation.CreateSession => "failed to create call session",
        StoreOperation.UpdateSession => "failed to update call session",
        StoreOperation.DeleteSession => "failed to delete call session",
        StoreOperation.ReadChannel => "failed to get calls channel",
        StoreOperation.CreateChannel => "failed to create calls channel",
        StoreOperation.UpdateChannel => "failed to update calls channel",
        StoreOperation.CreateJob => "failed to create call job",
        StoreOperation.UpdateJob => "failed to update call job",
        _ => "failed to get call",
    };

    public static string LockFailed(string detail) => $"failed to lock call: {detail}";
}
