using Calls.Domain;
using Calls.Server.Signaling;

namespace Calls.Server.Tests.Signaling;

/// <summary>Keeps the events in the order they were published.</summary>
internal sealed class RecordingDelivery(FakeChatHost host) : IEventDelivery
{
    private readonly Lock _gate = new();
    private readonly List<WireEvent> _events = [];
    private readonly List<(string Name, TaskCompletionSource Seen)> _awaited = [];

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
            _awaited.RemoveAll(awaited => awaited.Name == wireEvent.Name && awaited.Seen.TrySetResult());
        }
    }

    /// <summary>Completes once an event of this name is, or has been, published.</summary>
    public Task WhenPublishedAsync(string name)
    {
        lock (_gate)
        {
            if (_events.Any(wireEvent => wireEvent.Name == name))
            {
                return Task.CompletedTask;
            }

            TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((name, seen));
            return seen.Task;
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
