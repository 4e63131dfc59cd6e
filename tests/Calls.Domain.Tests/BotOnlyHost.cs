using Calls.Domain.Ports;

namespace Calls.Domain.Tests;

/// <summary>A Mattermost of which only the bot's id is known.</summary>
internal sealed class BotOnlyHost : IChatHost
{
    public UserId BotUserId { get; } = new("bot");

    public Task<bool> HasChannelPermissionAsync(UserId user, ChannelId channel, ChannelPermission permission, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task<bool> IsSystemAdminAsync(UserId user, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ChatChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<int> GetMemberCountAsync(ChannelId channel, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ChannelId>> GetChannelsOfUserAsync(UserId user, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ChatUser?> GetUserAsync(UserId user, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ChatPost?> GetPostAsync(PostId post, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ChatPost>> GetRecentPostsAsync(ChannelId channel, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<ChatPost> CreatePostAsync(HostAuth auth, ChatPost post, CancellationToken cancellation) => throw new NotSupportedException();

    public Task UpdatePostAsync(PostId post, string message, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task SendEphemeralPostAsync(UserId user, ChannelId channel, string message, PostId? root, CancellationToken cancellation) =>
        throw new NotSupportedException();
}
