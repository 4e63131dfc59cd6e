using System.Collections.Concurrent;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Tests.Signaling;

/// <summary>A Mattermost with one public channel whose members may read and post.</summary>
internal sealed class FakeChatHost : IChatHost, IBotPosts
{
    private int _posts;

    public UserId BotUserId { get; } = new("bot");

    public ConcurrentDictionary<(UserId User, ChannelId Channel), byte> Members { get; } = new();

    public ConcurrentDictionary<ChannelId, ChatChannel> Channels { get; } = new();

    public ConcurrentDictionary<PostId, ChatPost> Posts { get; } = new();

    public ConcurrentDictionary<UserId, byte> SystemAdmins { get; } = new();

    public ConcurrentDictionary<(UserId User, ChannelPermission Permission), byte> Denied { get; } = new();

    public ConcurrentDictionary<(UserId User, ChannelId Channel), byte> ChannelManagers { get; } = new();

    public ConcurrentQueue<(UserId User, ChannelId Channel, string Message)> Ephemeral { get; } = new();

    public ConcurrentQueue<(HostAuth Auth, ChatPost Post)> Created { get; } = new();

    /// <summary>Fails every creation of a post.</summary>
    public bool FailsPosts { get; set; }

    /// <summary>What the creation of a post waits for.</summary>
    public Task PostsReady { get; set; } = Task.CompletedTask;

    /// <summary>Fails every look-up of a permission as if Mattermost were away.</summary>
    public bool IsAway { get; set; }

    public void AddChannel(ChannelId channel, params UserId[] members)
    {
        Channels[channel] = new ChatChannel(channel, ChannelKind.Public, "team", channel.Value, channel.Value, 0);
        foreach (UserId member in members)
        {
            Members[(member, channel)] = 0;
        }
    }

    public bool IsMember(UserId user, ChannelId channel) => Members.ContainsKey((user, channel));

    public Task<bool> HasChannelPermissionAsync(
        UserId user, ChannelId channel, ChannelPermission permission, CancellationToken cancellation)
    {
        if (IsAway)
        {
            throw new ChatHostException("Mattermost is away.", isUnavailable: true);
        }

        if (permission == ChannelPermission.ManageChannel)
        {
            return Task.FromResult(ChannelManagers.ContainsKey((user, channel)));
        }

        bool isAllowed = (IsMember(user, channel) || SystemAdmins.ContainsKey(user)) && !Denied.ContainsKey((user, permission));
        return Task.FromResult(isAllowed);
    }

    public Task<bool> IsSystemAdminAsync(UserId user, CancellationToken cancellation) => Task.FromResult(SystemAdmins.ContainsKey(user));

    public Task<ChatChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation) =>
        Task.FromResult(Channels.GetValueOrDefault(channel));

    public Task<int> GetMemberCountAsync(ChannelId channel, CancellationToken cancellation) =>
        Task.FromResult(Members.Keys.Count(key => key.Channel == channel));

    public Task<IReadOnlyList<ChannelId>> GetChannelsOfUserAsync(UserId user, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ChannelId>>([.. Members.Keys.Where(key => key.User == user).Select(key => key.Channel)]);

    public Task<ChatUser?> GetUserAsync(UserId user, CancellationToken cancellation) =>
        Task.FromResult<ChatUser?>(new ChatUser(user, user.Value, "", "", "", "en", user == BotUserId, false, 0));

    public Task<ChatPost?> GetPostAsync(PostId post, CancellationToken cancellation) => Task.FromResult(Posts.GetValueOrDefault(post));

    public Task<IReadOnlyList<ChatPost>> GetRecentPostsAsync(ChannelId channel, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ChatPost>>([.. Posts.Values.Where(post => post.Channel == channel)]);

    public async Task<ChatPost> CreatePostAsync(HostAuth auth, ChatPost post, CancellationToken cancellation)
    {
        await PostsReady.WaitAsync(cancellation);
        if (FailsPosts)
        {
            throw new ChatHostException("no posts today", isUnavailable: false);
        }

        ChatPost created = post with { Id = new PostId($"post{Interlocked.Increment(ref _posts)}") };
        Posts[created.Id] = created;
        Created.Enqueue((auth, created));
        return created;
    }

    public Task<ChatPost> CreateAsync(ChatPost post, IReadOnlyList<string> files, CancellationToken cancellation) =>
        CreatePostAsync(new FakeAuth(), post, cancellation);

    public Task UpdatePostAsync(
        PostId post, string message, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation)
    {
        Dictionary<string, object?> merged = new(Posts[post].Props);
        foreach ((string key, object? value) in props)
        {
            merged[key] = value;
        }

        Posts[post] = Posts[post] with { Message = message, Props = merged };
        return Task.CompletedTask;
    }

    public Task SendEphemeralPostAsync(
        UserId user, ChannelId channel, string message, PostId? root, CancellationToken cancellation)
    {
        Ephemeral.Enqueue((user, channel, message));
        return Task.CompletedTask;
    }
}
