namespace Calls.Server.Persistence;

/// <summary>A row of <c>calls_jobs</c>; JSON columns as text.</summary>
internal sealed class JobRow
{
    public string Id { get; init; } = "";

    public string CallId { get; init; } = "";

    public string Type { get; init; } = "";

    public string? CreatorId { get; init; }

    public long? InitAt { get; init; }

    public long? StartAt { get; init; }

    public long? EndAt { get; init; }

    public string? Props { get; init; }
}
