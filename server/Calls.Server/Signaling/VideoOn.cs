using System.Text;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>video_on</c>: the session's camera is on. The JSON is for the media side.</summary>
internal sealed class VideoOn(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.String("data") is not { Length: > 0 } stream)
        {
            return MessageOutcome.Rejected("invalid or missing data");
        }

        return RefusalText.Of(
            await actions.StartVideoAsync(session, Encoding.UTF8.GetBytes(stream)),
            missing: "user session is missing from call state");
    }
}
