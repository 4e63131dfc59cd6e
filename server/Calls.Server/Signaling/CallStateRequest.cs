using Calls.Domain;

namespace Calls.Server.Signaling;

/// <summary><c>call_state</c>: tells one connection the state of a channel's call, in order with the events around it.</summary>
internal sealed class CallStateRequest(CallStateReader states) : IConnectionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message)
    {
        if (message.Data.String("channelID") is not { Length: > 0 } channel)
        {
            return MessageOutcome.Rejected("missing channelID");
        }

        return await states.TellAsync(message.Connection, message.User, new ChannelId(channel)) switch
        {
            CallStateResult.Told => MessageOutcome.Done,
            CallStateResult.Forbidden => MessageOutcome.Rejected("forbidden"),
            CallStateResult.NoCallOngoing => MessageOutcome.Rejected("no call ongoing"),
            CallStateResult other => throw new InvalidOperationException($"Unmapped result {other}."),
        };
    }
}
