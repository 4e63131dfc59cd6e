using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Posts (mattermost-integration.md 7.3).</summary>
internal static class PostRoutes
{
    public static void Map(ApiRoutes routes)
    {
        routes.Post("/posts", CreateAsync);
        routes.Post("/posts/ephemeral", CreateEphemeralAsync);
        routes.Get("/posts/{post_id}", GetAsync);
        routes.Put("/posts/{post_id}", UpdateAsync);
        routes.Put("/posts/{post_id}/patch", PatchAsync);
        routes.Delete("/posts/{post_id}", DeleteAsync);
        routes.Get("/channels/{channel_id}/posts", ListAsync);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        Post draft = Parse(await request.BodyAsync("post"));
        Channel channel = request.State.Channels.Get(draft.ChannelId) ?? throw ApiException.Forbidden(Permission.CreatePost);
        if (!request.Permissions.HasChannel(request.Session, channel, Permission.CreatePost)
            && !(channel.Type == "O" && request.Permissions.HasTeam(request.Session, channel.TeamId, Permission.CreatePostPublic)))
        {
            throw ApiException.Forbidden(Permission.CreatePost);
        }

        if (draft.FileIds is { Count: > 0 })
        {
            request.RequireChannel(channel, Permission.UploadFile);
        }

        if (!request.Permissions.IsSystemAdmin(request.Session))
        {
            draft = draft with { CreateAt = 0 };
        }

        bool isOnline = !bool.TryParse(request.Query("set_online"), out bool setOnline) || setOnline;
        await request.JsonAsync(request.Core.Posting.Create(draft, request.Session.UserId, isOnline), StatusCodes.Status201Created);
    }

    private static async Task CreateEphemeralAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("body");
        string userId = ApiRequest.Text(body, "user_id");
        if (userId.Length == 0)
        {
            throw ApiException.InvalidBody("user_id");
        }

        if (!body.TryGetProperty("post", out JsonElement post) || post.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.InvalidBody("post");
        }

        request.RequireSystem(Permission.CreatePostEphemeral);
        await request.JsonAsync(request.Core.Posting.SendEphemeral(Parse(post), request.Session.UserId, userId), StatusCodes.Status201Created);
    }

    private static Task GetAsync(ApiRequest request)
    {
        Post post = Find(request);
        request.RequireChannel(request.State.Channels.Get(post.ChannelId) ?? throw ApiException.NoChannel(), Permission.ReadChannelContent);
        return request.JsonAsync(post);
    }

    private static async Task UpdateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("post");
        if (ApiRequest.Text(body, "id") != request.Id("post_id"))
        {
            throw ApiException.InvalidBody("id");
        }

        Post old = RequireEditable(request);
        RequireWithinTimeLimit(request, old, isMessageChange: ApiRequest.Text(body, "message") != old.Message);
        Post draft = Parse(body);
        await request.JsonAsync(request.Core.Posting.Edit(old, p => p with { Message = draft.Message, Props = draft.Props }));
    }

    private static async Task PatchAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("post");
        Post old = RequireEditable(request);
        bool hasMessage = body.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.String;
        RequireWithinTimeLimit(request, old, isMessageChange: hasMessage);
        Post edited = request.Core.Posting.Edit(old, p => p with
        {
            Message = hasMessage ? message.GetString()! : p.Message,
            Props = body.TryGetProperty("props", out JsonElement props) && props.ValueKind == JsonValueKind.Object ? props.Clone() : p.Props,
            IsPinned = body.TryGetProperty("is_pinned", out JsonElement pinned) && pinned.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? pinned.GetBoolean()
                : p.IsPinned,
            FileIds = body.TryGetProperty("file_ids", out JsonElement files) && files.ValueKind == JsonValueKind.Array
                ? ApiRequest.Strings(files, "file_ids")
                : p.FileIds,
        });
        await request.JsonAsync(edited);
    }

    private static Task DeleteAsync(ApiRequest request)
    {
        Post post = Find(request);
        Channel channel = request.State.Channels.Get(post.ChannelId) ?? throw ApiException.NoChannel();
        request.RequireChannel(channel, post.UserId == request.Session.UserId ? Permission.DeletePost : Permission.DeleteOthersPosts);
        request.Core.Posting.Delete(post, request.Session.UserId);
        return request.OkAsync();
    }

    private static Task ListAsync(ApiRequest request)
    {
        Channel channel = request.Channel();
        request.RequireChannel(channel, Permission.ReadChannelContent);
        IReadOnlyList<Post> all = request.State.Posts.InChannel(channel.Id);
        IReadOnlyList<Post> page = request.PageOf(all);
        int end = (request.Page * request.PerPage) + page.Count;
        var posts = new JsonObject();
        foreach (Post post in page)
        {
            posts[post.Id] = Wire.ToNode(post);
        }

        return request.JsonAsync(new JsonObject
        {
            ["order"] = new JsonArray([.. page.Select(p => JsonValue.Create(p.Id))]),
            ["posts"] = posts,
            ["next_post_id"] = request.Page > 0 && page.Count > 0 ? all[(request.Page * request.PerPage) - 1].Id : "",
            ["prev_post_id"] = end < all.Count ? all[end].Id : "",
            ["has_next"] = false,
        });
    }

    private static Post Find(ApiRequest request) =>
        request.State.Posts.Get(request.Id("post_id")) is { DeleteAt: 0 } post ? post : throw ApiException.NoPost();

    private static Post RequireEditable(ApiRequest request)
    {
        Post post = Find(request);
        Channel channel = request.State.Channels.Get(post.ChannelId) ?? throw ApiException.NoChannel();
        request.RequireChannel(channel, Permission.EditPost);
        if (post.UserId != request.Session.UserId)
        {
            request.RequireChannel(channel, Permission.EditOthersPosts);
        }

        return post;
    }

    // The limit concerns the text alone, and administrators as well.
    private static void RequireWithinTimeLimit(ApiRequest request, Post post, bool isMessageChange)
    {
        int limitSeconds = request.State.Settings.Current.Int("ServiceSettings", "PostEditTimeLimit");
        if (isMessageChange && limitSeconds != -1 && request.State.Clock.NowMs > post.CreateAt + (limitSeconds * 1000L))
        {
            throw new ApiException(400, "api.post.update_post.permissions_time_limit.app_error", $"Post edit is only allowed for {limitSeconds} seconds. Please ask your System Administrator for details.");
        }
    }

    private static Post Parse(JsonElement body) => new()
    {
        Id = "",
        UserId = "",
        ChannelId = ApiRequest.Text(body, "channel_id"),
        RootId = ApiRequest.Text(body, "root_id"),
        Message = ApiRequest.Text(body, "message"),
        Type = ApiRequest.Text(body, "type"),
        PendingPostId = ApiRequest.Text(body, "pending_post_id"),
        CreateAt = body.TryGetProperty("create_at", out JsonElement at) && at.TryGetInt64(out long createAt) ? createAt : 0,
        Props = body.TryGetProperty("props", out JsonElement props) && props.ValueKind == JsonValueKind.Object ? props.Clone() : Wire.EmptyObject,
        FileIds = body.TryGetProperty("file_ids", out JsonElement files) && files.ValueKind == JsonValueKind.Array ? ApiRequest.Strings(files, "file_ids") : null,
    };
}
