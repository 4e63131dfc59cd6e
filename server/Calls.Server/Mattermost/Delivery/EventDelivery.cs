using Calls.Domain;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost.Delivery;

/// <summary>Finds the sockets of an event (mattermost-integration.md 3.12). Thread-safe, never blocks.</summary>
/// <remarks>
/// Each connection gets its events through its own mailbox, filled here on the caller's thread: events that are published one
/// after the other reach each socket in that order.
/// </remarks>
internal sealed class EventDelivery(ConnectionRegistry registry, IChannelMembership membership) : IEventDelivery
{
    public void Publish(WireEvent wireEvent)
    {
        EventTarget target = wireEvent.Target;
        var injected = new InjectedEvent(wireEvent);
        if (target.Connection is { } connection)
        {
            if (registry.TryFind(connection, out RelayConnection? found))
            {
                found.Inject(connection, injected);
            }
        }
        else if (target.User is { } user)
        {
            InjectAll(user, injected);
        }
        else if (target.Channel is { } channel)
        {
            ToMembers(channel, injected);
        }
    }

    // Whether a user may see the event is asked again when it is written: he may be removed in between.
    private void ToMembers(ChannelId channel, InjectedEvent injected)
    {
        var candidates = new List<UserId>();
        var unknown = new List<UserId>();
        foreach (UserId user in registry.Users)
        {
            bool? isMember = injected.Target.OmitUsers.Contains(user) ? false : membership.Find(channel, user);
            if (isMember != false)
            {
                candidates.Add(user);
            }

            if (isMember is null)
            {
                unknown.Add(user);
            }
        }

        if (unknown.Count > 0)
        {
            membership.Prefetch(channel, unknown);
        }

        foreach (UserId user in candidates)
        {
            InjectAll(user, injected);
        }
    }

    private void InjectAll(UserId user, InjectedEvent injected)
    {
        foreach (RelayConnection connection in registry.Of(user))
        {
            if (connection.Id is { } id && id != injected.Target.OmitConnection)
            {
                connection.Inject(id, injected);
            }
        }
    }
}
