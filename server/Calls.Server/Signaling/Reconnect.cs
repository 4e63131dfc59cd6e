using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>reconnect</c>: binds a session to the connection its client came back on (signaling.md 3.4).</summary>
internal sealed class Reconnect(SessionLifecycle lifecycle, EventWriter events) : IConnectionMessage
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        if (message.Data.String("channelID") is not { Length: > 0 } channel)
        {
            return MessageOutcome.Rejected("missing channelID");
        }

        if (message.Data.String("originalConnID") is not { Length: > 0 } original)
        {
            return MessageOutcome.Rejected("missing originalConnID");
        }

        if (message.Data.String("prevConnID") is not { Length: > 0 })
        {
            return MessageOutcome.Rejected("missing prevConnID");
        }

        string? problem = await TryAsync(message, new ChannelId(channel), new SessionId(original));
        if (problem is null)
        {
            return MessageOutcome.Done;
        }

        // The client accepts it only under the id of the session it asked for.
        events.WriteError(message.Connection, original, problem);
        return MessageOutcome.Rejected(problem);
    }

    private async Task<string?> TryAsync(ClientMessage message, ChannelId channel, SessionId session)
    {
        using CancellationTokenSource limit = new(Limit);
        try
        {
            ReconnectRefusal? refusal = await lifecycle.ReconnectAsync(message.User, message.Connection, channel, session, limit.Token);
            return refusal is { } reason ? RefusalText.Of(reason) : null;
        }
        catch (ChatHostException failure)
        {
            return failure.Message;
        }
        catch (CallLockException failure)
        {
            return RefusalText.LockFailed(failure.Message);
        }
        catch (CallStoreException failure)
        {
            return $"{RefusalText.Of(failure.Operation)}: {failure.Message}";
        }
        catch (OperationCanceledException)
        {
            return "context deadline exceeded";
        }
    }
}
