using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Identity;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Mattermost behind its REST API (mattermost-integration.md 7). Thread-safe.</summary>
internal sealed class MattermostHost(MattermostClient rest, HostCaches caches, GatewayOptions options) : IChatHost
{
    private const string TimeLimitError = "api.post.update_post.permissions_time_limit.app_error";

    private string _botUserId = "";
    private string _jobsBotUserId = "";
    private int _bot = (int)BotAnswer.None;

    /// <summary>Empty until <see cref="TryReadBotAsync"/> succeeded.</summary>
    public UserId BotUserId => new(Volatile.Read(ref _botUserId));

    public UserId JobsBotUserId => new(Volatile.Read(ref _jobsBotUserId));

    /// <summary>What Mattermost last said of the bot's token. Any thread.</summary>
    public BotAnswer Bot => (BotAnswer)Volatile.Read(ref _bot);

    /// <summary>Asks whose the bots' tokens are.</summary>
    public async Task<BotAnswer> TryReadBotAsync(CancellationToken cancellation)
    {
        BotAnswer answer;
        try
        {
            // Recorder and transcriber must not be taken for users: there is no bot before both are known.
            RestAnswer me = await rest.GetAsync("/users/me", RestPriority.Token, cancellation);
            RestAnswer jobs = !me.IsSuccess || options.JobsBotToken.Length == 0 ? me : await rest.SendAsync(
                HttpMethod.Get, "/users/me", options.JobsBotToken, null, RestPriority.Token, isRepeatable: true, cancellation);
            bool isKnown = me.IsSuccess && jobs.IsSuccess;
            Volatile.Write(ref _jobsBotUserId, isKnown ? jobs.Text("id") : "");
            Volatile.Write(ref _botUserId, isKnown ? me.Text("id") : "");
            answer = !me.IsSuccess ? BotAnswer.Refused
                : !jobs.IsSuccess ? BotAnswer.JobsBotRefused
                : me.Body.Words("roles").Contains("system_admin") ? BotAnswer.Accepted
                : BotAnswer.NotAdministrator;
        }
        catch (ChatHostException)
        {
            answer = BotAnswer.None;
        }

        Volatile.Write(ref _bot, (int)answer);
        return answer;
    }

    public async Task<bool> HasChannelPermissionAsync(UserId user, ChannelId channel, ChannelPermission permission, CancellationToken cancellation)
    {
        JsonElement found = await caches.GetChannelAsync(channel, cancellation);
        JsonElement account = await caches.GetUserAsync(user, cancellation);
        if (found.ValueKind == JsonValueKind.Undefined || !IsActive(account))
        {
            return false;
        }

        return permission switch
        {
            ChannelPermission.ReadChannel => await IsGrantedAsync(account, user, channel, found, "read_channel", cancellation),
            ChannelPermission.CreatePost => await IsGrantedAsync(account, user, channel, found, "create_post", cancellation),
            ChannelPermission.ManageChannel => await MayManageAsync(account, user, channel, found, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(permission), permission, null),
        };
    }

    public async Task<bool> IsSystemAdminAsync(UserId user, CancellationToken cancellation)
    {
        JsonElement account = await caches.GetUserAsync(user, cancellation);
        return IsActive(account) && await caches.GrantAsync(account.Words("roles"), "manage_system", cancellation);
    }

    public async Task<ChatChannel?> GetChannelAsync(ChannelId channel, CancellationToken cancellation)
    {
        JsonElement found = await caches.GetChannelAsync(channel, cancellation);
        return found.ValueKind == JsonValueKind.Undefined ? null : new ChatChannel(
            channel,
            found.Text("type") switch
            {
                "P" => ChannelKind.Private,
                "D" => ChannelKind.Direct,
                "G" => ChannelKind.Group,
                _ => ChannelKind.Public,
            },
            found.Text("team_id"),
            found.Text("name"),
            found.Text("display_name"),
            found.Number("delete_at"));
    }

    public async Task<int> GetMemberCountAsync(ChannelId channel, CancellationToken cancellation) =>
        (int)(await caches.GetChannelStatsAsync(channel, cancellation)).Number("member_count");

    public async Task<IReadOnlyList<ChannelId>> GetChannelsOfUserAsync(UserId user, CancellationToken cancellation)
    {
        const int PerPage = 200;
        var channels = new List<ChannelId>();
        for (int page = 0; ; page++)
        {
            RestAnswer members = await rest.GetAsync(
                $"/users/{HostCaches.Segment(user.Value)}/channel_members?page={page}&per_page={PerPage}", RestPriority.Permission, cancellation);
            if (!members.IsSuccess)
            {
                throw members.ToRefusal();
            }

            int before = channels.Count;
            channels.AddRange(members.Body.Items().Select(static member => new ChannelId(member.Text("channel_id"))));
            if (channels.Count - before < PerPage)
            {
                return channels;
            }
        }
    }

    public async Task<ChatUser?> GetUserAsync(UserId user, CancellationToken cancellation)
    {
        JsonElement found = await caches.GetUserAsync(user, cancellation);
        return found.ValueKind == JsonValueKind.Undefined ? null : new ChatUser(
            user,
            found.Text("username"),
            found.Text("first_name"),
            found.Text("last_name"),
            found.Text("nickname"),
            found.Text("locale"),
            found.Flag("is_bot"),
            found.Words("roles").Contains("system_guest"),
            found.Number("delete_at"));
    }

    public async Task<ChatPost?> GetPostAsync(PostId post, CancellationToken cancellation)
    {
        RestAnswer found = await rest.GetAsync($"/posts/{HostCaches.Segment(post.Value)}", RestPriority.Post, cancellation);
        return found.IsSuccess ? PostJson.Read(found.Body) : found.IsNotFound ? null : throw found.ToRefusal();
    }

    public async Task<IReadOnlyList<ChatPost>> GetRecentPostsAsync(ChannelId channel, CancellationToken cancellation)
    {
        RestAnswer found = await rest.GetAsync($"/channels/{HostCaches.Segment(channel.Value)}/posts?per_page=60", RestPriority.Post, cancellation);
        if (!found.IsSuccess)
        {
            throw found.ToRefusal();
        }

        JsonElement posts = found.Body.Member("posts");
        return posts.ValueKind != JsonValueKind.Object
            ? []
            : [.. posts.EnumerateObject().Select(static post => PostJson.Read(post.Value)).Where(static post => post.DeleteAt == 0)];
    }

    public async Task<ChatPost> CreatePostAsync(HostAuth auth, ChatPost post, CancellationToken cancellation)
    {
        // Within 30 s Mattermost answers a repeated request with the post it already made.
        string pendingId = $"{post.Author.Value}:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(13))}";
        var body = new Dictionary<string, object?>
        {
            ["channel_id"] = post.Channel.Value,
            ["root_id"] = post.Root?.Value ?? "",
            ["type"] = post.Type,
            ["message"] = post.Message,
            ["pending_post_id"] = pendingId,
            ["props"] = new Dictionary<string, object?>(post.Props) { ["from_plugin"] = "true" },
        };
        RestAnswer created = await rest.SendAsync(
            HttpMethod.Post, "/posts?set_online=false", TokenOf(auth), body, RestPriority.Post, isRepeatable: true, cancellation);
        return created.IsSuccess ? PostJson.Read(created.Body) : throw created.ToRefusal();
    }

    public async Task UpdatePostAsync(PostId post, string message, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation)
    {
        ChatPost present = await GetPostAsync(post, cancellation) ?? throw new ChatHostException("post not found", isUnavailable: false);

        // Mattermost replaces the props as a whole; those of others must survive.
        var merged = new Dictionary<string, object?>(present.Props);
        foreach ((string key, object? value) in props)
        {
            merged[key] = value;
        }

        var patch = new Dictionary<string, object?> { ["props"] = merged };
        if (present.Message != message)
        {
            patch["message"] = message;
        }

        RestAnswer patched = await PatchAsync(post, patch, cancellation);
        if (patched.Status == HttpStatusCode.BadRequest && patched.ErrorId == TimeLimitError && patch.Remove("message"))
        {
            // The time limit holds for the message only.
            patched = await PatchAsync(post, patch, cancellation);
        }

        if (!patched.IsSuccess)
        {
            throw patched.ToRefusal();
        }
    }

    public async Task SendEphemeralPostAsync(UserId user, ChannelId channel, string message, PostId? root, CancellationToken cancellation)
    {
        var body = new
        {
            user_id = user.Value,
            post = new { channel_id = channel.Value, message, root_id = root?.Value ?? "" },
        };
        RestAnswer sent = await rest.SendAsync(HttpMethod.Post, "/posts/ephemeral", body, RestPriority.Post, isRepeatable: false, cancellation);
        if (!sent.IsSuccess)
        {
            throw sent.ToRefusal();
        }
    }

    private Task<RestAnswer> PatchAsync(PostId post, object patch, CancellationToken cancellation) =>
        rest.SendAsync(HttpMethod.Put, $"/posts/{HostCaches.Segment(post.Value)}/patch", patch, RestPriority.Post, isRepeatable: true, cancellation);

    private static bool IsActive(JsonElement account) =>
        account.ValueKind != JsonValueKind.Undefined && account.Number("delete_at") == 0;

    private static string TokenOf(HostAuth auth) =>
        auth is TokenAuth token ? token.Token : throw new ArgumentException("The auth was not made by this front end.", nameof(auth));

    // Roles of the member, then of the team's member, then of the account; the first grant wins (mattermost-integration.md 7.8).
    private async Task<bool> IsGrantedAsync(
        JsonElement account, UserId user, ChannelId channel, JsonElement found, string permission, CancellationToken cancellation)
    {
        JsonElement member = await caches.GetMemberAsync(channel, user, cancellation);
        return await caches.GrantAsync(member.Words("roles"), permission, cancellation)
            || await IsGrantedInTeamAsync(account, user, found.Text("team_id"), permission, cancellation);
    }

    private async Task<bool> IsGrantedInTeamAsync(
        JsonElement account, UserId user, string team, string permission, CancellationToken cancellation)
    {
        JsonElement teamMember = team.Length == 0 ? default : await caches.GetTeamMemberAsync(team, user, cancellation);
        return (teamMember.Number("delete_at") == 0 && await caches.GrantAsync(teamMember.Words("roles"), permission, cancellation))
            || await caches.GrantAsync(account.Words("roles"), permission, cancellation);
    }

    // Who may switch Calls on and off in a channel (rest-api.md 3.5, rules 3 to 6).
    private async Task<bool> MayManageAsync(
        JsonElement account, UserId user, ChannelId channel, JsonElement found, CancellationToken cancellation)
    {
        JsonElement member = await caches.GetMemberAsync(channel, user, cancellation);
        if (member.ValueKind == JsonValueKind.Undefined)
        {
            return false;
        }

        return member.Flag("scheme_admin")
            || await IsGrantedInTeamAsync(account, user, found.Text("team_id"), "manage_team", cancellation)
            || (found.Text("type") is "D" or "G" && await IsGrantedAsync(account, user, channel, found, "create_post", cancellation));
    }
}
