using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Rtc;

namespace Calls.Server.Media;

/// <summary>Integrated mode: the media of every call lives in this process.</summary>
internal sealed class RtcMediaRouter(IRtcServer server) : IMediaRouter
{
    /// <summary>The one group of an installation that runs its own media (media.md 6.1).</summary>
    private const string Group = "default";

    public Task InitSessionAsync(MediaSession session, CancellationToken cancellation)
    {
        try
        {
            server.InitSession(new(
                Group,
                session.Call.Value,
                session.User.Value,
                session.Id.Value,
                session.Channel.Value,
                session.Av1Support,
                session.DcSignaling,
                session.IsBot));
            return Task.CompletedTask;
        }
        catch (RtcException refused)
        {
            return Task.FromException(new MediaUnavailableException(refused.Message));
        }
    }

    public void CloseSession(SessionId session) => server.CloseSession(session.Value);

    public void Send(SessionId session, MediaMessage message, ReadOnlyMemory<byte> data) =>
        server.Send(session.Value, TypeOf(message), data);

    public TimeSpan? SilentFor(SessionId session) => server.SilentFor(session.Value);

    private static RtcMessageType TypeOf(MediaMessage message) => message switch
    {
        MediaMessage.Sdp => RtcMessageType.Sdp,
        MediaMessage.Ice => RtcMessageType.Ice,
        MediaMessage.Mute => RtcMessageType.Mute,
        MediaMessage.Unmute => RtcMessageType.Unmute,
        MediaMessage.ScreenOn => RtcMessageType.ScreenOn,
        MediaMessage.ScreenOff => RtcMessageType.ScreenOff,
        MediaMessage.VideoOn => RtcMessageType.VideoOn,
        MediaMessage.VideoOff => RtcMessageType.VideoOff,
        _ => throw new ArgumentOutOfRangeException(nameof(message), message, "No media message of this kind exists."),
    };
}
