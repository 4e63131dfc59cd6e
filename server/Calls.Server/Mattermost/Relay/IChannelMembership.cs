using Calls.Domain;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Who may see the events of a channel.</summary>
internal interface IChannelMembership
{
    /// <summary>Whether a user is a member, or nothing if that is not known at the moment.</summary>
    bool? Find(ChannelId channel, UserId user);

    /// <summary>Asks Mattermost for several users at once; answers arrive in <see cref="Find"/>.</summary>
    void Prefetch(ChannelId channel, IReadOnlyCollection<UserId> users);

    /// <summary>Asks Mattermost and says <c>true</c> once <see cref="Find"/> knows, <c>false</c> if there was no answer.</summary>
    void Resolve(ChannelId channel, UserId user, Action<bool> answered);
}
