using Calls.Domain.Events;
using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>Passes on what the media side reports: descriptions to the client, speaking to the participants, closings to the life cycle.</summary>
public sealed class MediaReports(CallDirectory directory, LocalSessions sessions) : IMediaEvents
{
    /// <summary>The media of a session is gone. Handlers must not block.</summary>
    public event Action<SessionId>? SessionClosed;

    public void OnSignal(SessionId session, ReadOnlyMemory<byte> json)
    {
        if (sessions.Find(session) is { } local)
        {
            directory.Publish(new MediaSignal(new EventAudience.OfConnection(local.Connection), session, json));
        }
    }

    public void OnVoiceActivity(SessionId session, bool speaking)
    {
        if (sessions.Find(session) is { } local && directory.ParticipantsOf(local.Channel) is { } participants)
        {
            SessionChange change = speaking ? SessionChange.VoiceOn : SessionChange.VoiceOff;
            directory.Publish(new SessionChanged(participants, change, local.User, session));
        }
    }

    public void OnSessionClosed(SessionId session) => SessionClosed?.Invoke(session);
}
