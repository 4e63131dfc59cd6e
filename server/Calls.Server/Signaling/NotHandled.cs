using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary>A message of the list that has no effect.</summary>
internal sealed class NotHandled(string action) : ISessionMessage
{
    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) =>
        Task.FromResult(MessageOutcome.Rejected($"invalid client message type \"{action}\""));
}
