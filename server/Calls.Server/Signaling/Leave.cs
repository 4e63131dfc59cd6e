using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>leave</c>: ends the session of this connection at once, also during a grace.</summary>
internal sealed class Leave(SessionLifecycle lifecycle, LocalSessions sessions) : IConnectionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        if (sessions.Find(message.Connection) is { } session)
        {
            await lifecycle.EndAsync(session.Id);
        }

        return MessageOutcome.Done;
    }
}
