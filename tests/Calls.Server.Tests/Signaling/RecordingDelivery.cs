using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

/// <summary>Keeps the events in the order they were published.</summary>
internal sealed class RecordingDelivery(FakeChatHost host) : IEventDelivery
{
    private readonly Lock _gate = new();
    private readonly List<WireEvent> _events = [];

    public IReadOnlyList<WireEvent> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public void Publish(WireEvent wireEvent)
    {
        lock (_gate)
        {
            _events.Add(wireEvent);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _events.Clear();
        }
    }

    /// <summary>What arrives on one connection of a user (signaling.md 1.14).</summary>
    public IReadOnlyList<WireEvent> ReceivedBy(UserId user, ConnectionId connection) =>
        [.. All.Where(wireEvent => Reaches(wireEvent.Target, user, connection))];

    public IReadOnlyList<string> NamesReceivedBy(UserId user, ConnectionId connection) =>
        [.. ReceivedBy(user, connection).Select(wireEvent => wireEvent.Name)];

    private bool Reaches(EventTarget target, UserId user, ConnectionId connection)
    {
        if (target.Connection is { } only)
        {
            return only == connection;
        }

        if (target.OmitConnection == connection)
        {
            return false;
        }

        if (target.User is { } addressed)
        {
            return addressed == user;
        }

        return !target.OmitUsers.Contains(user) && target.Channel is { } channel && host.IsMember(user, channel);
    }
}
