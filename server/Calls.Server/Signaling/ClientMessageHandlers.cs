using Calls.Domain.Ports;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary>The messages clients may send, by their name (signaling.md 3.2).</summary>
internal sealed class ClientMessageHandlers(
    CallJoining joining,
    SessionLifecycle lifecycle,
    SessionActions actions,
    CallStateReader states,
    LocalSessions sessions,
    IMediaRouter media,
    IChatHost host,
    EventWriter events,
    CallsMetrics metrics)
{
    public Dictionary<string, IConnectionMessage> OfConnections { get; } = new()
    {
        ["join"] = new Join(joining, events, metrics),
        ["leave"] = new Leave(lifecycle, sessions, metrics),
        ["reconnect"] = new Reconnect(lifecycle, events),
        ["call_state"] = new CallStateRequest(states, metrics),
    };

    public Dictionary<string, ISessionMessage> OfSessions { get; } = new()
    {
        ["sdp"] = new Sdp(media),
        ["ice"] = new Ice(media),
        ["mute"] = new Mute(actions),
        ["unmute"] = new Unmute(actions),
        ["raise_hand"] = new RaiseHand(actions),
        ["unraise_hand"] = new UnraiseHand(actions),
        ["react"] = new React(actions),
        ["screen_on"] = new ScreenOn(actions),
        ["screen_off"] = new ScreenOff(actions),
        ["video_on"] = new VideoOn(actions),
        ["video_off"] = new VideoOff(actions),
        ["caption"] = new Caption(actions, host, metrics),
        ["metric"] = new Metric(host, metrics),

        // In the list, but speaking is detected by the media side.
        ["voice_on"] = new NotHandled("voice_on"),
        ["voice_off"] = new NotHandled("voice_off"),
    };
}
