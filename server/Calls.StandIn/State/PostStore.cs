namespace Calls.StandIn.State;

/// <summary>Posts, and the memory of pending ids that makes a repeated creation return the same post.</summary>
internal sealed class PostStore(Clock clock)
{
    private const long PendingMemoryMs = 30_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Post> _posts = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly Dictionary<string, (string PostId, long At)> _pending = new(StringComparer.Ordinal);

    /// <summary>Claims a pending id.</summary>
    /// <param name="known">The post of an earlier request with this id; <c>null</c> while that request still runs.</param>
    /// <returns>True when this request is the first within 30 s.</returns>
    public bool TryClaim(string pendingId, out Post? known)
    {
        long now = clock.NowMs;
        lock (_gate)
        {
            if (_pending.TryGetValue(pendingId, out (string PostId, long At) entry) && now - entry.At < PendingMemoryMs)
            {
                known = entry.PostId.Length == 0 ? null : _posts.GetValueOrDefault(entry.PostId);
                return false;
            }

            _pending[pendingId] = ("", now);
            known = null;
            return true;
        }
    }

    public void Release(string pendingId)
    {
        lock (_gate)
        {
            _pending.Remove(pendingId);
        }
    }

    public void Add(Post post)
    {
        lock (_gate)
        {
            _posts.Add(post.Id, post);
            _order.Add(post.Id);
            if (post.PendingPostId.Length > 0)
            {
                _pending[post.PendingPostId] = (post.Id, clock.NowMs);
            }

            if (post.RootId.Length > 0 && _posts.TryGetValue(post.RootId, out Post? root))
            {
                _posts[root.Id] = root with { ReplyCount = root.ReplyCount + 1, LastReplyAt = post.CreateAt };
            }
        }
    }

    public Post? Get(string id)
    {
        lock (_gate)
        {
            return _posts.GetValueOrDefault(id);
        }
    }

    public Post? Update(string id, Func<Post, Post> change)
    {
        lock (_gate)
        {
            return _posts.TryGetValue(id, out Post? post) ? _posts[id] = change(post) : null;
        }
    }

    /// <summary>Posts of a channel that were not deleted, newest first.</summary>
    public IReadOnlyList<Post> InChannel(string channel)
    {
        lock (_gate)
        {
            return [.. Enumerable.Reverse(_order).Select(id => _posts[id]).Where(p => p.ChannelId == channel && p.DeleteAt == 0)];
        }
    }
}
