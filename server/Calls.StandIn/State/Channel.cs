namespace Calls.StandIn.State;

/// <summary>A channel; type O public, P private, D direct, G group. Direct and group channels have no team.</summary>
internal sealed record Channel
{
    public required string Id { get; init; }

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long DeleteAt { get; init; }

    public string TeamId { get; init; } = "";

    public required string Type { get; init; }

    public string DisplayName { get; init; } = "";

    public required string Name { get; init; }

    public string Header { get; init; } = "";

    public string Purpose { get; init; } = "";

    public long LastPostAt { get; init; }

    public long TotalMsgCount { get; init; }

    public long ExtraUpdateAt { get; init; }

    public string CreatorId { get; init; } = "";

    public string? SchemeId { get; init; }

    public string? Props { get; init; }

    public bool? GroupConstrained { get; init; }

    public bool? Shared { get; init; }

    public long TotalMsgCountRoot { get; init; }

    public string? PolicyId { get; init; }

    public long LastRootPostAt { get; init; }
}
