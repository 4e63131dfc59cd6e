using Calls.Domain.Ports;

namespace Calls.Domain;

/// <summary>
/// Changes to the posts of calls, one at a time per channel in this process: Mattermost replaces props as a whole, so two that
/// read before either writes would lose one change (mattermost-integration.md 7.3).
/// </summary>
public sealed class CallPostEdits(IChatHost host, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ChannelLocks _locks = new(time);

    /// <param name="change">Gets the post as it is now, or <c>null</c> if it is not there; gives what to change, or <c>null</c>.</param>
    /// <exception cref="ChatHostException"/>
    /// <exception cref="CallLockException"/>
    public async Task EditAsync(
        ChannelId channel, PostId id, Func<ChatPost?, Task<PostChange?>> change, CancellationToken cancellation)
    {
        using IDisposable lease = await _locks.AcquireAsync(channel, Limit, cancellation);
        ChatPost? post = await host.GetPostAsync(id, cancellation);
        if (await change(post) is { } changed)
        {
            await host.UpdatePostAsync(id, changed.Message, changed.Props, cancellation);
        }
    }
}
