using Calls.Domain;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary><c>call_state</c>: tells one connection the state of a channel's call, in order with the events around it.</summary>
internal sealed class CallStateRequest(CallStateReader states, CallsMetrics metrics) : IConnectionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        if (message.Data.String("channelID") is not { Length: > 0 } channel)
        {
            return MessageOutcome.Rejected("missing channelID");
        }

        CallStateResult result = await CallsMetrics.MeasureAsync(
            metrics.AppHandlersTime.With("getCallState"), () => states.TellAsync(message.Connection, message.User, new ChannelId(channel)));
        return result switch
        {
            CallStateResult.Told => MessageOutcome.Done,
            CallStateResult.Forbidden => MessageOutcome.Rejected("forbidden"),
            CallStateResult.NoCallOngoing => MessageOutcome.Rejected("no call ongoing"),
            _ => throw new InvalidOperationException($"Unmapped result {result}."),
        };
    }
}
