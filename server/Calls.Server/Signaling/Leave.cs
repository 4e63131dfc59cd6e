using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary><c>leave</c>: ends the session of this connection at once, also during a grace.</summary>
internal sealed class Leave(SessionLifecycle lifecycle, LocalSessions sessions, CallsMetrics metrics) : IConnectionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        if (sessions.Find(message.Connection) is { } session)
        {
            await CallsMetrics.MeasureAsync(metrics.AppHandlersTime.With("removeUserSession"), async () =>
            {
                await lifecycle.EndAsync(session.Id);
                return true;
            });
        }

        return MessageOutcome.Done;
    }
}
