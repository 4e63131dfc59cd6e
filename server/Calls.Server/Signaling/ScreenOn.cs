using System.Text;
using Calls.Domain.Sessions;

namespace Calls.Server.Signaling;

/// <summary><c>screen_on</c>: the session shares its screen, unless somebody does. The JSON is for the media side.</summary>
internal sealed class ScreenOn(SessionActions actions) : ISessionMessage
{
    public async Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.String("data") is not { Length: > 0 } stream)
        {
            return MessageOutcome.Rejected("invalid or missing data");
        }

        return RefusalText.Of(
            await actions.StartScreenShareAsync(session, Encoding.UTF8.GetBytes(stream)),
            missing: "user session is missing from call state",
            stillShared: "cannot start screen sharing, someone else is sharing already");
    }
}
