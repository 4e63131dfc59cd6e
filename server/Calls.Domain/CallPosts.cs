using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>The post that shows a call in its channel (rest-api.md 8.1, 8.2).</summary>
public sealed class CallPosts(
    IChatHost host, ICallStore store, CallDirectory directory, ICallRules rules, CallPostEdits edits, BackgroundTasks background, TimeProvider time, ICallLog log)
{
    private const string PostType = "custom_calls";
    private const string EndedMessage = "Call ended";
    private const string TestModeMessage =
        "Currently calls are not enabled for non-admin users. You can change the setting through the system console";

    private const string GroupCallsMessage = "Calls on unlicensed servers are only available in DMs.";

    private const int CloseAttempts = 6;
    private static readonly TimeSpan AnnounceLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseRetry = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Creates the post as the user who starts the call. A failure costs the post, not the call; a post that takes too long is
    /// attached when it arrives (modes.md 17.1).
    /// </summary>
    /// <param name="isTestMode">Whether the user may start calls only as an administrator, and should be told.</param>
    public async Task<PostId?> CreateAsync(CallState call, HostAuth auth, string title, PostId? thread, bool isTestMode)
    {
        Task<PostId?> creation = RequestAsync(call, auth, title, thread, isTestMode);
        try
        {
            return await creation.WaitAsync(AnnounceLimit, time);
        }
        catch (TimeoutException)
        {
            background.Run("attaching a late call post", () => AttachAsync(call, creation, thread));
            return null;
        }
    }

    /// <summary>Shows the end of a call in its post, in the background and with repeats.</summary>
    public void CloseSoon(CallState ended)
    {
        if (ended.Phase == CallPhase.Ending)
        {
            background.Run("closing the call post", () => CloseAsync(ended, CloseAttempts));
        }
    }

    /// <summary>
    /// Shows the end of a call that never began: its process died while Mattermost made the post, whose id nobody learned.
    /// </summary>
    public void CloseOrphanSoon(CallState begun) =>
        background.Run("closing an orphaned call post", () => CloseOrphanAsync(begun with { EndAt = directory.Now }, CloseAttempts));

    /// <summary>Tells a user why no call starts here, in the background.</summary>
    public void TellGroupCallsNotAllowed(UserId user, ChannelId channel, PostId? thread) =>
        background.Run("telling that group calls are not allowed", () => TellAsync(user, channel, GroupCallsMessage, thread));

    private static object Attachments(string text) => new List<object?>
    {
        new Dictionary<string, object?> { ["fallback"] = text, ["title"] = text, ["text"] = text },
    };

    private async Task<PostId?> RequestAsync(CallState call, HostAuth auth, string title, PostId? thread, bool isTestMode)
    {
        using CancellationTokenSource limit = new(RequestLimit, time);
        try
        {
            if (isTestMode)
            {
                await TellAsync(call.Owner, call.Channel, TestModeMessage, thread);
            }

            string message = await StartedMessageAsync(call.Owner, limit.Token);
            Dictionary<string, object?> props = new()
            {
                ["attachments"] = Attachments(message),
                ["start_at"] = call.StartAt,
                ["title"] = title,
                ["from_plugin"] = "true",
            };
            ChatPost post = new(default, call.Channel, thread, call.Owner, PostType, message, props);
            return (await host.CreatePostAsync(auth, post, limit.Token)).Id;
        }
        catch (Exception failure) when (failure is ChatHostException or OperationCanceledException)
        {
            log.Failed("creating the call post", failure);
            return null;
        }
    }

    private async Task AttachAsync(CallState started, Task<PostId?> creation, PostId? thread)
    {
        if (await creation is not { } post)
        {
            return;
        }

        bool isAttached = await directory.RunAsync(started.Channel, CallDirectory.LockLimit, async work =>
        {
            if (work.Call is not { } call || call.Id != started.Id)
            {
                return false;
            }

            call.AttachPost(post, thread ?? post);
            await work.CommitAsync();
            return true;
        });
        if (!isAttached)
        {
            // The call was shorter than the creation of its post.
            CloseSoon(started with { Post = post, EndAt = directory.Now, Phase = CallPhase.Ending });
        }
    }

    private async Task CloseAsync(CallState ended, int attempts)
    {
        using CancellationTokenSource limit = new(RequestLimit, time);
        try
        {
            if (ended.Post is { } id)
            {
                await ShowEndAsync(id, ended, limit.Token);
            }

            await store.MarkEndedAsync(ended.Id, limit.Token);
        }
        catch (Exception failure) when (failure is ChatHostException or OperationCanceledException or CallLockException or CallStoreException)
        {
            // What stays open after the last attempt is taken up again at the next start.
            log.Failed("closing the call post", failure);
            if (attempts > 1)
            {
                background.RunAfter(CloseRetry, "closing the call post", () => CloseAsync(ended, attempts - 1));
            }
        }
    }

    private async Task CloseOrphanAsync(CallState begun, int attempts)
    {
        using CancellationTokenSource limit = new(RequestLimit, time);
        try
        {
            IReadOnlyList<ChatPost> recent = await host.GetRecentPostsAsync(begun.Channel, limit.Token);
            foreach (ChatPost orphan in recent.Where(post =>
                post.Type == PostType && post.Author == begun.Owner && post.Props.GetValueOrDefault("start_at") is long start && start == begun.StartAt))
            {
                await ShowEndAsync(orphan.Id, begun, limit.Token);
            }
        }
        catch (Exception failure) when (failure is ChatHostException or OperationCanceledException or CallLockException)
        {
            log.Failed("closing an orphaned call post", failure);
            if (attempts > 1)
            {
                background.RunAfter(CloseRetry, "closing an orphaned call post", () => CloseOrphanAsync(begun, attempts - 1));
            }
        }
    }

    private Task ShowEndAsync(PostId id, CallState ended, CancellationToken cancellation) => edits.EditAsync(
        ended.Channel,
        id,
        post => Task.FromResult(post is not { DeleteAt: 0 } ? null : new PostChange(
            EndedMessage,
            new Dictionary<string, object?>
            {
                ["attachments"] = Attachments(EndedMessage),
                ["end_at"] = ended.EndAt,
                ["participants"] = ended.Participants.Select(object? (user) => user.Value).ToList(),
            })),
        cancellation);

    private async Task TellAsync(UserId user, ChannelId channel, string message, PostId? thread)
    {
        using CancellationTokenSource limit = new(RequestLimit, time);
        try
        {
            await host.SendEphemeralPostAsync(user, channel, message, thread, limit.Token);
        }
        catch (Exception failure) when (failure is ChatHostException or OperationCanceledException)
        {
            log.Failed("telling a user of a refusal", failure);
        }
    }

    private async Task<string> StartedMessageAsync(UserId owner, CancellationToken cancellation)
    {
        ChatUser? user = await host.GetUserAsync(owner, cancellation);
        string name = user is { FirstName.Length: > 0, LastName.Length: > 0 } && rules.Current.ShowFullName
            ? $"{user.FirstName} {user.LastName}"
            : user?.Username ?? string.Empty;
        return $"{name} started a call";
    }
}
