namespace Calls.StandIn.State;

/// <summary>Membership in a team; <see cref="Roles"/> already contains the roles that follow from the scheme flags.</summary>
internal sealed record TeamMember
{
    public required string TeamId { get; init; }

    public required string UserId { get; init; }

    public string Roles { get; init; } = "team_user";

    /// <summary>Not 0 after the user left: the row stays.</summary>
    public long DeleteAt { get; init; }

    public bool SchemeGuest { get; init; }

    public bool SchemeUser { get; init; } = true;

    public bool SchemeAdmin { get; init; }

    public string ExplicitRoles { get; init; } = "";

    public long CreateAt { get; init; }
}
