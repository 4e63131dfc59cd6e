using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>screen_off</c>: the session stops sharing its screen.</summary>
internal sealed class ScreenOff(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) => RefusalText.Of(
        await actions.StopScreenShareAsync(session),
        missing: "user session is missing from call state",
        stillShared: "cannot stop screen sharing, someone else is sharing already");
}
