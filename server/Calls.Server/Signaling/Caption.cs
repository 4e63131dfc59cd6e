using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary><c>caption</c>: what the transcriber heard a session say; from the bot only.</summary>
internal sealed class Caption(SessionActions actions, IChatHost host, CallsMetrics metrics) : ISessionMessage
{
    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session) => Task.FromResult(Handle(message, session));

    private MessageOutcome Handle(ClientMessage message, LocalSession session)
    {
        if (!host.Bots.Contains(session.User))
        {
            return MessageOutcome.Rejected("unexpected caption message not coming from bot");
        }

        if (message.Data.String("session_id") is not { } speaker)
        {
            return Missing("session_id");
        }

        if (message.Data.String("text") is not { } text)
        {
            return Missing("text");
        }

        if (message.Data.Number("new_audio_len_ms") is not { } newAudioMs)
        {
            return Missing("new_audio_len_ms");
        }

        MessageOutcome outcome = RefusalText.Of(
            actions.Caption(session, new SessionId(speaker), text), missing: "user session for caption missing from call");
        if (outcome.Problem is null)
        {
            metrics.CaptionAudioMs.With().Observe(newAudioMs);
        }

        return outcome;
    }

    private static MessageOutcome Missing(string field) =>
        MessageOutcome.Rejected($"invalid or missing {field} in caption ws message");
}
