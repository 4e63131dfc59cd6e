using System.Text;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>ice</c>: a candidate of the client, as the JSON text of an RTCIceCandidateInit.</summary>
internal sealed class Ice(IMediaRouter media) : ISessionMessage
{
    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.String("data") is not { Length: > 0 } candidate)
        {
            return Task.FromResult(MessageOutcome.Rejected("invalid or missing data"));
        }

        media.Send(session.Id, MediaMessage.Ice, Encoding.UTF8.GetBytes(candidate));
        return Task.FromResult(MessageOutcome.Done);
    }
}
