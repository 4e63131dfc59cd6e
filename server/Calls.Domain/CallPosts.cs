using System.Collections.Concurrent;
using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>The post that shows a call in its channel (rest-api.md 8.1, 8.2).</summary>
public sealed class CallPosts(
    IChatHost host, ICallStore store, CallDirectory directory, ICallRules rules, CallPostEdits edits, BackgroundTasks background, TimeProvider time, ICallLog log)
{
    /// <summary>What Mattermost and its clients know the post by.</summary>
    public const string PostType = "custom_calls";

    private const string EndedMessage = "Call ended";
    private const string TestModeMessage =
        "Currently calls are not enabled for non-admin users. You can change the setting through the system console";

    private const string GroupCallsMessage = "Calls on unlicensed servers are only available in DMs.";

    private const int CloseAttempts = 6;
    private static readonly TimeSpan AnnounceLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseRetry = TimeSpan.FromSeconds(10);

    // After this time Mattermost makes no post any more that was asked for when the call started.
    private static readonly TimeSpan CreationLimit = RequestLimit + TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OrphanPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<CallId, byte> _closing = new();

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

    /// <summary>
    /// Shows the end of a call in its post, in the background and with repeats. A post whose id was never stored, because the process
    /// or the connection died meanwhile, is looked for. A call that nobody was ever told of is then deleted.
    /// </summary>
    public void CloseSoon(CallState ended)
    {
        if (ended.Phase == CallPhase.Ending && _closing.TryAdd(ended.Id, 0))
        {
            background.Run("closing the call post", () => CloseAsync(ended, CloseAttempts));
        }
    }

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
            // The call was shorter than the creation of its post. It had been announced, so it has had events.
            CallState ended = started with { Post = post, EndAt = directory.Now, Phase = CallPhase.Ending, EventNumber = Math.Max(1, started.EventNumber) };
            await CloseAsync(ended, CloseAttempts);
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
            else if (!await CloseOrphansAsync(ended, limit.Token) && directory.Now < ended.StartAt + (long)CreationLimit.TotalMilliseconds)
            {
                background.RunAfter(OrphanPause, "looking for the call post", () => CloseAsync(ended, attempts));
                return;
            }

            await ForgetAsync(ended, limit.Token);
            _closing.TryRemove(ended.Id, out _);
        }
        catch (Exception failure) when (failure is ChatHostException or OperationCanceledException or CallLockException or CallStoreException)
        {
            log.Failed("closing the call post", failure);
            if (attempts > 1)
            {
                background.RunAfter(CloseRetry, "closing the call post", () => CloseAsync(ended, attempts - 1));
            }
            else
            {
                // It is still recorded as open, and taken up again by the next sweep.
                _closing.TryRemove(ended.Id, out _);
            }
        }
    }

    // Mattermost may have made a post whose id was never stored: this or the process before could not.
    private async Task<bool> CloseOrphansAsync(CallState ended, CancellationToken cancellation)
    {
        bool isFound = false;
        foreach (ChatPost post in await host.GetRecentPostsAsync(ended.Channel, cancellation))
        {
            if (post.Type == PostType && post.Author == ended.Owner && post.Props.GetValueOrDefault("start_at") is long start && start == ended.StartAt)
            {
                await ShowEndAsync(post.Id, ended, cancellation);
                isFound = true;
            }
        }

        return isFound;
    }

    private async Task ForgetAsync(CallState ended, CancellationToken cancellation)
    {
        // Without an event nobody was ever told of the call.
        if (ended.EventNumber > 0)
        {
            await store.MarkEndedAsync(ended.Id, cancellation);
            return;
        }

        await using ICallTransaction transaction = await store.BeginAsync(ended.Channel, CallDirectory.LockLimit, cancellation);
        await transaction.DiscardAsync(ended.Id, cancellation);
        await transaction.CommitAsync(cancellation);
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
