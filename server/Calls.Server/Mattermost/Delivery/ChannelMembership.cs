using System.Collections.Concurrent;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>
/// Who of the connected users is a member of which channel, asked for lazily and corrected by the events that pass
/// (mattermost-integration.md 3.13). Thread-safe.
/// </summary>
internal sealed class ChannelMembership(MattermostClient rest, HostCaches caches, TimeProvider time) : IChannelMembership
{
    public const int MaxIdsPerRequest = 1000;
    public const int MaxChannels = 20_000;

    private readonly ConcurrentDictionary<ChannelId, ChannelMembers> _channels = new();

    public bool? Find(ChannelId channel, UserId user) =>
        _channels.TryGetValue(channel, out ChannelMembers? known) ? known.Find(user) : null;

    public void Prefetch(ChannelId channel, IReadOnlyCollection<UserId> users)
    {
        ChannelMembers asked = Of(channel);
        if (asked.Want(users, null))
        {
            _ = AskAsync(channel, asked);
        }
    }

    public void Resolve(ChannelId channel, UserId user, Action<bool> answered)
    {
        ChannelMembers asked = Of(channel);
        if (asked.Want([user], answered))
        {
            _ = AskAsync(channel, asked);
        }
    }

    /// <summary>Stores what an event of Mattermost said; it outranks a question that is still under way.</summary>
    public void Correct(ChannelId channel, UserId user, bool isMember) => Of(channel).Correct(user, isMember);

    /// <summary>Forgets a channel.</summary>
    public void Forget(ChannelId channel) => _channels.TryRemove(channel, out _);

    /// <summary>Channels the user is known to be a member of.</summary>
    public IReadOnlyList<ChannelId> KnownOf(UserId user) =>
        [.. _channels.Where(entry => entry.Value.Find(user) == true).Select(static entry => entry.Key)];

    private ChannelMembers Of(ChannelId channel)
    {
        if (_channels.Count >= MaxChannels && !_channels.ContainsKey(channel))
        {
            // Asked for again when needed: cheaper than to keep an order of use.
            _channels.Clear();
        }

        return _channels.GetOrAdd(channel, _ => new ChannelMembers(time));
    }

    private async Task AskAsync(ChannelId id, ChannelMembers channel)
    {
        while (channel.TakeQuestion() is { } question)
        {
            HashSet<string>? members = await FetchAsync(id, question.Users);
            channel.Answer(question, members);
        }
    }

    /// <summary>The members among <paramref name="users"/>, or nothing if Mattermost did not say.</summary>
    private async Task<HashSet<string>?> FetchAsync(ChannelId channel, IReadOnlyCollection<UserId> users)
    {
        var members = new HashSet<string>();
        try
        {
            foreach (UserId[] part in users.Chunk(MaxIdsPerRequest))
            {
                RestAnswer answer = await rest.SendAsync(
                    HttpMethod.Post,
                    $"/channels/{Uri.EscapeDataString(channel.Value)}/members/ids",
                    part.Select(static user => user.Value).ToArray(),
                    RestPriority.Permission,
                    isRepeatable: true,
                    CancellationToken.None);
                if (answer.IsNotFound)
                {
                    return members; // no such channel, so nobody is in it
                }

                if (!answer.IsSuccess)
                {
                    return null;
                }

                foreach (JsonElement member in answer.Body.Items())
                {
                    // Whoever of them joins is asked about next.
                    caches.Remember(channel, member);
                    members.Add(member.Text("user_id"));
                }
            }

            return members;
        }
        catch (ChatHostException)
        {
            return null;
        }
    }
}
