using Calls.Rtc.Sfu;
using Calls.Rtc.Sfu.Loudest;

namespace Calls.Rtc.Sessions;

/// <summary>The sessions of one call, and who is to receive what: every track goes to every other session (media.md 4.2).</summary>
/// <remarks>Thread-safe; posts to mailboxes only, so that no session waits for another.</remarks>
/// <param name="loudest">Forwards the loudest voices only; <c>null</c> forwards all.</param>
internal sealed class RtcCall(LoudestVoices? loudest = null)
{
    private readonly Lock _gate = new();
    private readonly List<RtcSession> _sessions = [];
    private readonly List<PublishedTrack> _tracks = [];

    // Slots are opened as people begin to speak and stay open: who speaks in them changes without a word to the listeners.
    private int _openSlots;

    /// <summary>The call has had its last session: a new one of that name is another call.</summary>
    public bool IsOver { get; private set; }

    public IReadOnlyList<RtcSessionConfig> Sessions
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Select(static session => session.Config)];
            }
        }
    }

    /// <summary><c>false</c>: the call is over.</summary>
    public bool TryAdd(RtcSession session)
    {
        lock (_gate)
        {
            if (IsOver)
            {
                return false;
            }

            _sessions.Add(session);
            if (loudest is not null)
            {
                session.Participant.Candidate = loudest.Add(session.Participant);
            }

            return true;
        }
    }

    /// <summary>Takes a session and its tracks out of the call.</summary>
    public void Remove(RtcSession session)
    {
        RtcSession[] others;
        PublishedTrack[] gone;
        lock (_gate)
        {
            _sessions.Remove(session);
            if (session.Participant.Candidate is { } candidate)
            {
                loudest!.Remove(candidate);
            }

            IsOver = _sessions.Count == 0;
            gone = [.. _tracks.Where(track => track.Publisher == session.Participant)];
            _tracks.RemoveAll(track => track.Publisher == session.Participant);
            others = [.. _sessions];
        }

        foreach (PublishedTrack track in gone)
        {
            foreach (RtcSession other in others)
            {
                other.PostTrackEnded(track);
            }
        }
    }

    public void OnTrackStarted(PublishedTrack track)
    {
        RtcSession[] others = Note(track, started: true, out PublishedTrack? opened);
        foreach (RtcSession other in others)
        {
            if (IsOwed(other, track))
            {
                other.PostTrackStarted(track);
            }
        }

        if (opened is not null)
        {
            OpenSlot(opened);
        }
    }

    public void OnTrackEnded(PublishedTrack track)
    {
        foreach (RtcSession other in Note(track, started: false, out _))
        {
            other.PostTrackEnded(track);
        }
    }

    /// <summary>What a session that is ready to receive is owed, per publisher in the order voice, screen, its sound, camera.</summary>
    public IReadOnlyList<PublishedTrack> TracksFor(RtcSession session)
    {
        lock (_gate)
        {
            IEnumerable<PublishedTrack> tracks = _tracks.Where(track => track.Publisher != session.Participant && IsOwed(session, track));
            IEnumerable<PublishedTrack> slots = loudest is null || session.Config.IsBot ? [] : loudest.Slots.Take(_openSlots).Select(static slot => slot.Track);
            return [.. slots.Concat(tracks).OrderBy(static track => track.Type)];
        }
    }

    // Recorders and transcribers need to know whose voice it is, and all of them.
    private bool IsOwed(RtcSession session, PublishedTrack track) =>
        loudest is null || track.Type != TrackType.Voice || session.Config.IsBot;

    private void OpenSlot(PublishedTrack slot)
    {
        RtcSession[] listeners;
        lock (_gate)
        {
            listeners = [.. _sessions.Where(static session => !session.Config.IsBot)];
        }

        foreach (RtcSession listener in listeners)
        {
            listener.PostTrackStarted(slot);
        }
    }

    private RtcSession[] Note(PublishedTrack track, bool started, out PublishedTrack? opened)
    {
        opened = null;
        lock (_gate)
        {
            bool changed = started switch
            {
                // A track of a session that has left meanwhile is nobody's any more.
                true => _sessions.Exists(session => session.Participant == track.Publisher),
                false => _tracks.Remove(track),
            };
            if (!changed)
            {
                return [];
            }

            if (started)
            {
                _tracks.Add(track);
                if (loudest is not null && _openSlots < loudest.Slots.Count && _tracks.Count(static other => other.Type == TrackType.Voice) > _openSlots)
                {
                    opened = loudest.Slots[_openSlots++].Track;
                }
            }

            return [.. _sessions.Where(session => session.Participant != track.Publisher)];
        }
    }
}
