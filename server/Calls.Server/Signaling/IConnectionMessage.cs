namespace Calls.Server.Signaling;

/// <summary>Handles a message that any connection may send. One at a time per connection, in order.</summary>
internal interface IConnectionMessage
{
    Task<MessageOutcome> HandleAsync(ClientMessage message);
}
