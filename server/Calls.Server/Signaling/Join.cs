using Calls.Domain;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary><c>join</c>: starts or joins the call of a channel; the only message that is answered (signaling.md 3.3).</summary>
internal sealed class Join(CallJoining joining, EventWriter events, CallsMetrics metrics) : IConnectionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        // An empty id passes and is refused as forbidden.
        if (message.Data.String("channelID") is not { } channel)
        {
            return MessageOutcome.Rejected("missing channelID");
        }

        string thread = message.Data.String("threadID") ?? string.Empty;
        JoinRequest request = new(
            message.Connection,
            message.User,
            message.Auth,
            new ChannelId(channel),
            message.Data.String("title") ?? string.Empty,
            thread.Length == 0 ? null : new PostId(thread),
            message.Data.String("jobID") ?? string.Empty,
            message.Data.Bool("av1Support"),
            message.Data.Bool("dcSignaling"));

        if (await CallsMetrics.MeasureAsync(metrics.AppHandlersTime.With("addUserSession"), () => joining.JoinAsync(request)) is not { } refusal)
        {
            return MessageOutcome.Done;
        }

        string text = RefusalText.Of(refusal);
        events.WriteError(message.Connection, message.Connection.Value, text);
        return MessageOutcome.Rejected(text);
    }
}
