using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary>Handles a message of a connection that has a session in a call. One at a time per session, in order.</summary>
internal interface ISessionMessage
{
    Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session);
}
