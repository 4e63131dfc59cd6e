using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>video_off</c>: the session's camera is off.</summary>
internal sealed class VideoOff(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        RefusalText.Of(await actions.StopVideoAsync(session), missing: "user session is missing from call state");
}
