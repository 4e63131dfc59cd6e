using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>raise_hand</c>: raises the session's hand; again, it refreshes the time.</summary>
internal sealed class RaiseHand(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        RefusalText.Of(await actions.RaiseHandAsync(session), missing: "user session is missing from call state");
}
