namespace Calls.Domain.Jobs;

/// <summary>One job of a call (storage-and-jobs.md 9). Times are Unix milliseconds.</summary>
public sealed record CallJob
{
    public required JobId Id { get; init; }

    public required JobKind Kind { get; init; }

    public required UserId Creator { get; init; }

    public required long InitAt { get; init; }

    /// <summary>When the worker reported that it works; 0 before.</summary>
    public long StartAt { get; init; }

    /// <summary>0 while active.</summary>
    public long EndAt { get; init; }

    /// <summary>The job service's id, once it has accepted the job.</summary>
    public string? ServiceJob { get; init; }

    /// <summary>The connection of the bot that does the job, once it has joined.</summary>
    public ConnectionId? Bot { get; init; }

    /// <summary>Why it failed; empty if it did not.</summary>
    public string Error { get; init; } = "";

    public bool IsActive => EndAt == 0;

    public bool HasStarted => StartAt > 0;
}
