using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>mute</c>: the session's voice is no longer heard.</summary>
internal sealed class Mute(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        RefusalText.Of(await actions.MuteAsync(session), missing: "user state is missing from call state");
}
