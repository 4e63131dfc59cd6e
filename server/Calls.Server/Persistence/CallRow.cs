namespace Calls.Server.Persistence;

/// <summary>A row of <c>calls</c> joined with its row of <c>calls_assignments</c>; JSON columns as text.</summary>
internal sealed class CallRow
{
    public string Id { get; init; } = "";

    public string ChannelId { get; init; } = "";

    public long StartAt { get; init; }

    public long EndAt { get; init; }

    public string? PostId { get; init; }

    public string? ThreadId { get; init; }

    public string OwnerId { get; init; } = "";

    public string? Participants { get; init; }

    public string? Stats { get; init; }

    public string? Props { get; init; }

    /// <summary><c>null</c> if the call was written by somebody else, who has no assignments.</summary>
    public string? State { get; init; }

    public long? LostAt { get; init; }

    public long? EventSeq { get; init; }

    public string? ChannelType { get; init; }
}
