namespace Calls.Domain.Ports;

/// <summary>
/// Proof of who a user is, as the front end holds it (a token behind the gateway, a session id behind a bridge).
/// The core passes it back to <see cref="IChatHost"/> and never looks inside, logs or stores it.
/// </summary>
public abstract class HostAuth
{
    public sealed override string ToString() => "auth";
}

/// <summary>Mattermost as the core sees it (mattermost-integration.md 6.3): look-ups, permissions, posts.</summary>
/// <remarks>
/// Look-ups return <c>null</c> for "does not exist". Every method throws <see cref="ChatHostException"/> when Mattermost
/// refuses or cannot be reached; its text is what the reference would put into an error event.
/// </remarks>
public interface IChatHost
{
    /// <summary>Id of the Calls bot, which writes the posts.</summary>
    UserId BotUserId { get; }

    /// <summary>Id of the bot that recorder and transcriber log in with; the same account unless there is a second one.</summary>
    UserId JobsBotUserId => BotUserId;

    BotUsers Bots => new(BotUserId, JobsBotUserId);

    Task<bool> HasChannelPermissionAsync(UserId user, ChannelId channel, ChannelPermission permission, CancellationToken cancellation);

    Task<bool> IsSystemAdminAsync(UserId user, CancellationToken cancellation);

    Task<ChatChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation);

    /// <summary>Number of members of a channel.</summary>
    Task<int> GetMemberCountAsync(ChannelId channel, CancellationToken cancellation);

    /// <summary>Channels of a user over all teams, direct and group channels included.</summary>
    Task<IReadOnlyList<ChannelId>> GetChannelsOfUserAsync(UserId user, CancellationToken cancellation);

    Task<ChatUser?> GetUserAsync(UserId user, CancellationToken cancellation);

    Task<ChatPost?> GetPostAsync(PostId post, CancellationToken cancellation);

    /// <summary>The newest posts of a channel, at least 60 if it has as many, without deleted ones.</summary>
    Task<IReadOnlyList<ChatPost>> GetRecentPostsAsync(ChannelId channel, CancellationToken cancellation);

    /// <summary>Creates a post as the user behind <paramref name="auth"/>; returns it with its id.</summary>
    Task<ChatPost> CreatePostAsync(HostAuth auth, ChatPost post, CancellationToken cancellation);

    /// <summary>Replaces message and props of a post.</summary>
    Task UpdatePostAsync(PostId post, string message, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation);

    /// <summary>Shows a post from the Calls bot to one user only.</summary>
    Task SendEphemeralPostAsync(UserId user, ChannelId channel, string message, PostId? root, CancellationToken cancellation);
}

public enum ChannelPermission
{
    ReadChannel,
    CreatePost,

    /// <summary>
    /// May switch Calls on or off: administrator of the channel by their membership, or <c>manage_team</c> on its team
    /// (rest-api.md 3.5, steps 3 and 4). Asking for somebody who is not a member throws with Mattermost's text.
    /// </summary>
    ManageChannel,
}

public enum ChannelKind
{
    Public,
    Private,
    Direct,
    Group,
}

public sealed record ChatChannel(ChannelId Id, ChannelKind Kind, string TeamId, string Name, string DisplayName, long DeleteAt);

public sealed record ChatUser(UserId Id, string Username, string FirstName, string LastName, string Nickname, string Locale, bool IsBot, bool IsGuest, long DeleteAt);

/// <summary>A post; <see cref="Id"/> is empty before it was created. Props are JSON values (string, long, bool, list, dictionary).</summary>
public sealed record ChatPost(
    PostId Id,
    ChannelId Channel,
    PostId? Root,
    UserId Author,
    string Type,
    string Message,
    IReadOnlyDictionary<string, object?> Props,
    long DeleteAt = 0);

/// <summary>Mattermost refused a request or could not be reached.</summary>
public sealed class ChatHostException(string message, bool isUnavailable, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The answer is unknown (time-out, 5xx, 429): never to be treated as a refusal.</summary>
    public bool IsUnavailable { get; } = isUnavailable;
}
