namespace Calls.Domain.Events;

/// <summary>Who an event is for (signaling.md 4.1).</summary>
public abstract record EventAudience
{
    private EventAudience()
    {
    }

    /// <summary>CONN: one connection.</summary>
    public sealed record OfConnection(ConnectionId Connection) : EventAudience;

    /// <summary>USER: all connections of one user.</summary>
    public sealed record OfUser(UserId User) : EventAudience;

    /// <summary>PART: all connections of every user with a session in the call, as of the moment of the event, and the bot.</summary>
    /// <param name="Users">Distinct, without the bot.</param>
    public sealed record OfParticipants(ChannelId Channel, IReadOnlyList<UserId> Users) : EventAudience;

    /// <summary>CHAN: all members of the channel, and the bot.</summary>
    public sealed record OfChannel(ChannelId Channel) : EventAudience;
}
