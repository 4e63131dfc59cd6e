namespace Calls.Domain;

/// <summary>
/// The accounts that act for Calls itself: the one that writes the posts, and the one that recorder and transcriber log in with;
/// often one and the same (mattermost-integration.md 7.6). Neither is ever a participant.
/// </summary>
public readonly record struct BotUsers(UserId Service, UserId Jobs)
{
    /// <summary>Both, each once.</summary>
    public IReadOnlyList<UserId> All => Service == Jobs ? [Jobs] : [Jobs, Service];

    /// <summary>One account may be both.</summary>
    public static implicit operator BotUsers(UserId only) => new(only, only);

    public bool Contains(UserId user) => user == Jobs || user == Service;
}
