namespace Calls.StandIn.State;

/// <summary>A role and the permissions it grants.</summary>
internal sealed record Role
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string DisplayName { get; init; } = "";

    public string Description { get; init; } = "";

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long DeleteAt { get; init; }

    public required IReadOnlyList<string> Permissions { get; init; }

    public bool SchemeManaged { get; init; } = true;

    public bool BuiltIn { get; init; } = true;
}
