using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>unmute</c>: the session's voice is heard.</summary>
internal sealed class Unmute(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        RefusalText.Of(await actions.UnmuteAsync(session), missing: "user state is missing from call state");
}
