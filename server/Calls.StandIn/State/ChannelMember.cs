namespace Calls.StandIn.State;

/// <summary>Membership in a channel; <see cref="Roles"/> already contains the roles that follow from the scheme flags.</summary>
internal sealed record ChannelMember
{
    public required string ChannelId { get; init; }

    public required string UserId { get; init; }

    public string Roles { get; init; } = "channel_user";

    public long LastViewedAt { get; init; }

    public long MsgCount { get; init; }

    public long MentionCount { get; init; }

    public long MentionCountRoot { get; init; }

    public long UrgentMentionCount { get; init; }

    public long MsgCountRoot { get; init; }

    public IReadOnlyDictionary<string, string> NotifyProps { get; init; } = Defaults;

    public long LastUpdateAt { get; init; }

    public bool SchemeGuest { get; init; }

    public bool SchemeUser { get; init; } = true;

    public bool SchemeAdmin { get; init; }

    public string ExplicitRoles { get; init; } = "";

    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["desktop"] = "default",
        ["email"] = "default",
        ["ignore_channel_mentions"] = "default",
        ["mark_unread"] = "all",
        ["push"] = "default",
    };
}
