using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Rtc;

namespace Calls.Server.Media;

/// <summary>Hands what the media server in this process reports to the core.</summary>
/// <remarks>The core needs the media server and the other way round: <see cref="Events"/> closes the circle at start.</remarks>
internal sealed class RtcEventsToMediaEvents : IRtcEvents
{
    /// <summary>Set once before the media server starts.</summary>
    public IMediaEvents? Events { get; set; }

    public void OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        var id = new SessionId(session.SessionId);
        switch (type)
        {
            case RtcMessageType.Sdp or RtcMessageType.Ice:
                Events?.OnSignal(id, data);
                break;
            case RtcMessageType.VoiceOn:
                Events?.OnVoiceActivity(id, speaking: true);
                break;
            case RtcMessageType.VoiceOff:
                Events?.OnVoiceActivity(id, speaking: false);
                break;
        }
    }

    public void OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) =>
        Events?.OnSessionClosed(new SessionId(session.SessionId));
}
