using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>unraise_hand</c>: lowers the session's hand.</summary>
internal sealed class UnraiseHand(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        RefusalText.Of(await actions.LowerHandAsync(session), missing: "user session is missing from call state");
}
