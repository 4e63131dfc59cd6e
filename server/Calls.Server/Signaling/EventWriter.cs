using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Events;
using Calls.Domain.Ports;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary>Turns events of calls into events on sockets, one copy per address (signaling.md 4.1).</summary>
internal sealed class EventWriter(IEventDelivery delivery, IChatHost host, CallsMetrics metrics) : ICallEvents
{
    public void Publish(CallEvent callEvent, long number = 0)
    {
        (string name, Dictionary<string, object?> data) = EventData.Of(callEvent, host.Bots);
        metrics.WebSocketEvents.With("out", name).Add();
        bool isDroppable = EventData.IsDroppable(callEvent);
        switch (callEvent.Audience)
        {
            case EventAudience.OfConnection audience:
                Deliver(name, data, new EventTarget { Connection = audience.Connection }, isDroppable);
                break;
            case EventAudience.OfUser audience:
                Deliver(name, data, new EventTarget { User = audience.User }, isDroppable);
                break;
            case EventAudience.OfParticipants audience:
                PublishToParticipants(name, data, audience, isDroppable);
                break;
            case EventAudience.OfChannel audience:
                data["channelID"] = audience.Channel.Value;
                PublishToChannel(name, data, audience.Channel, isDroppable);
                break;
            default:
                throw new InvalidOperationException($"Unmapped audience {callEvent.Audience.GetType().Name}.");
        }
    }

    /// <summary>The <c>error</c> event.</summary>
    /// <param name="connId">What the client knows the failed request by.</param>
    public void WriteError(ConnectionId connection, string connId, string text)
    {
        metrics.WebSocketEvents.With("out", "error").Add();
        Deliver(
            "error",
            new Dictionary<string, object?> { ["connID"] = connId, ["data"] = text },
            new EventTarget { Connection = connection },
            isDroppable: false);
    }

    // Mobile reads the channel from the envelope only, so each copy names the user and the channel.
    private void PublishToParticipants(
        string name, Dictionary<string, object?> data, EventAudience.OfParticipants audience, bool isDroppable)
    {
        data["channelID"] = audience.Channel.Value;
        JsonElement element = JsonSerializer.SerializeToElement(data);
        IReadOnlyList<UserId> bots = host.Bots.All;
        foreach (UserId user in audience.Users)
        {
            EventTarget target = new() { User = user, Channel = audience.Channel, OmitUsers = bots };
            delivery.Publish(new WireEvent(name, element, target, isDroppable));
        }

        PublishToBots(name, element, bots, isDroppable);
    }

    private void PublishToChannel(string name, Dictionary<string, object?> data, ChannelId channel, bool isDroppable)
    {
        JsonElement element = JsonSerializer.SerializeToElement(data);
        IReadOnlyList<UserId> bots = host.Bots.All;
        delivery.Publish(new WireEvent(name, element, new EventTarget { Channel = channel, OmitUsers = bots }, isDroppable));
        PublishToBots(name, element, bots, isDroppable);
    }

    // A bot is no member of the channel.
    private void PublishToBots(string name, JsonElement data, IReadOnlyList<UserId> bots, bool isDroppable)
    {
        foreach (UserId bot in bots)
        {
            delivery.Publish(new WireEvent(name, data, new EventTarget { User = bot }, isDroppable));
        }
    }

    private void Deliver(string name, Dictionary<string, object?> data, EventTarget target, bool isDroppable) =>
        delivery.Publish(new WireEvent(name, JsonSerializer.SerializeToElement(data), target, isDroppable));
}
