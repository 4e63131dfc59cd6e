using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Creating and changing posts, with the events that tell clients.</summary>
internal sealed class Posting(ServerState state, WebSocketHub hub, PushSender push)
{
    public const int MaxMessageLength = 16383;

    /// <summary>Creates a post whose author is the session's user, whatever the draft says.</summary>
    /// <remarks>A second request with the same pending id within 30 s returns the post of the first; while that one runs it is refused with 500.</remarks>
    public Post Create(Post draft, string authorId, bool isOnline)
    {
        User author = state.Users.Get(authorId) ?? throw ApiException.NoUser();
        Channel channel = state.Channels.Get(draft.ChannelId) ?? throw ApiException.NoChannel();
        if (draft.PendingPostId.Length > 0 && !state.Posts.TryClaim(draft.PendingPostId, out Post? known))
        {
            return known ?? throw new ApiException(500, "api.post.deduplicate_create_post.pending", "Rejected post since another client is making the same request.");
        }

        Post post;
        try
        {
            post = Build(draft, author, channel);
            state.Posts.Add(post);
        }
        catch (ApiException)
        {
            state.Posts.Release(draft.PendingPostId);
            throw;
        }

        state.Channels.Update(channel.Id, c => c with
        {
            LastPostAt = post.CreateAt,
            TotalMsgCount = c.TotalMsgCount + 1,
            LastRootPostAt = post.RootId.Length == 0 ? post.CreateAt : c.LastRootPostAt,
            TotalMsgCountRoot = c.TotalMsgCountRoot + (post.RootId.Length == 0 ? 1 : 0),
        });
        IReadOnlyList<string> mentions = Mentions(post, channel);
        hub.Publish(CreatePosted(post, author, channel, mentions, isOnline));
        push.Notify(post, author, channel, mentions);
        return post;
    }

    /// <summary>Changes message, props, pin or files of a post.</summary>
    public Post Edit(Post old, Func<Post, Post> change)
    {
        Channel channel = state.Channels.Get(old.ChannelId) ?? throw ApiException.NoChannel();
        if (channel.DeleteAt > 0)
        {
            throw new ApiException(400, "api.post.update_post.can_not_update_post_in_deleted.error", "Can not update a post in a deleted channel.");
        }

        if (old.Type.StartsWith("system_", StringComparison.Ordinal))
        {
            throw new ApiException(400, "api.post.update_post.system_message.app_error", "Unable to update system message.");
        }

        long now = state.Clock.NowMs;
        Post edited = state.Posts.Update(old.Id, p =>
        {
            Post changed = change(p);
            return changed with { UpdateAt = now, EditAt = changed.Message == p.Message ? p.EditAt : now };
        })!;
        hub.Publish(new WebSocketEvent("post_edited", new JsonObject { ["post"] = Wire.ToText(edited) }, Broadcast.ToChannel(edited.ChannelId)));
        return edited;
    }

    public void Delete(Post post, string deleterId)
    {
        long now = state.Clock.NowMs;
        Post deleted = state.Posts.Update(post.Id, p => p with { DeleteAt = now, UpdateAt = now })!;
        hub.Publish(new WebSocketEvent(
            "post_deleted",
            new JsonObject { ["post"] = Wire.ToText(deleted), ["delete_by"] = deleterId },
            Broadcast.ToChannel(post.ChannelId)));
    }

    /// <summary>A message that only one user sees and nobody can fetch.</summary>
    public Post SendEphemeral(Post draft, string authorId, string receiverId)
    {
        long now = state.Clock.NowMs;
        var post = new Post
        {
            Id = Ids.New(),
            CreateAt = now,
            UpdateAt = now,
            UserId = authorId,
            ChannelId = draft.ChannelId,
            RootId = draft.RootId,
            Message = draft.Message,
            Type = "system_ephemeral",
            Props = draft.Props,
        };
        hub.Publish(new WebSocketEvent("ephemeral_message", new JsonObject { ["post"] = Wire.ToText(post) }, Broadcast.ToUser(receiverId, post.ChannelId)));
        return post;
    }

    private Post Build(Post draft, User author, Channel channel)
    {
        if (channel.DeleteAt > 0)
        {
            throw new ApiException(400, "api.post.create_post.can_not_post_to_deleted.error", "Can not post to deleted channel.");
        }

        if (draft.Type.StartsWith("system_", StringComparison.Ordinal))
        {
            throw new ApiException(400, "api.context.invalid_param.app_error", "Invalid post.type parameter.");
        }

        if (draft.Type.Length > 0 && !draft.Type.StartsWith("custom_", StringComparison.Ordinal) && draft.Type is not ("slack_attachment" or "me" or "burn_on_read"))
        {
            throw new ApiException(400, "model.post.is_valid.type.app_error", "Invalid type.");
        }

        if (draft.Message.Length > MaxMessageLength)
        {
            throw new ApiException(400, "model.post.is_valid.message_length.app_error", $"Post Message property is longer than the maximum permitted length, length {draft.Message.Length}.");
        }

        if (draft.RootId.Length > 0)
        {
            Post? root = state.Posts.Get(draft.RootId);
            if (root is null || root.DeleteAt > 0 || root.RootId.Length > 0)
            {
                throw new ApiException(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.");
            }

            if (root.ChannelId != channel.Id)
            {
                throw new ApiException(500, "api.post.create_post.channel_root_id.app_error", "Invalid ChannelId for RootId parameter.");
            }
        }

        JsonElement props = draft.Props;
        if (author.IsBot)
        {
            JsonObject marked = Wire.ToObject(props);
            marked["from_bot"] = "true";
            props = Wire.ToElement(marked);
        }

        long now = draft.CreateAt != 0 ? draft.CreateAt : state.Clock.NowMs;
        return new Post
        {
            Id = Ids.New(),
            CreateAt = now,
            UpdateAt = now,
            UserId = author.Id,
            ChannelId = channel.Id,
            RootId = draft.RootId,
            Message = draft.Message,
            Type = draft.Type,
            Props = props,
            FileIds = AttachFiles(draft.FileIds, author.Id, channel.Id),
            PendingPostId = draft.PendingPostId,
        };
    }

    private List<string>? AttachFiles(IReadOnlyList<string>? ids, string authorId, string channelId)
    {
        if (ids is null or { Count: 0 })
        {
            return null;
        }

        // Files of others or of other channels are left out silently, as the stock server does.
        return [.. ids.Where(id => state.Files.Get(id) is { PostId: "" } file && file.UserId == authorId && file.ChannelId == channelId)];
    }

    private IReadOnlyList<string> Mentions(Post post, Channel channel)
    {
        IEnumerable<string> members = state.Channels.MembersOf(channel.Id).Select(m => m.UserId).Where(id => id != post.UserId);
        if (channel.Type is "D" or "G")
        {
            return [.. members];
        }

        string[] words = [.. post.Message.Split([' ', '\n', '\t', ',', ';', ':', '!', '?', '(', ')'], StringSplitOptions.RemoveEmptyEntries).Select(w => w.TrimEnd('.'))];
        bool all = words.Any(w => w is "@all" or "@channel" or "@here");
        return [.. members.Where(id => all || words.Contains("@" + state.Users.Get(id)?.Username))];
    }

    private static WebSocketEvent CreatePosted(Post post, User author, Channel channel, IReadOnlyList<string> mentions, bool isOnline)
    {
        var data = new JsonObject
        {
            ["channel_display_name"] = channel.Type == "D" ? "@" + author.Username : channel.DisplayName,
            ["channel_name"] = channel.Name,
            ["channel_type"] = channel.Type,
            ["post"] = Wire.ToText(post),
            ["sender_name"] = "@" + author.Username,
            ["set_online"] = isOnline,
            ["team_id"] = channel.TeamId,
        };
        if (mentions.Count > 0)
        {
            data["mentions"] = Wire.ToText(mentions);
        }

        return new WebSocketEvent("posted", data, Broadcast.ToChannel(channel.Id));
    }
}
