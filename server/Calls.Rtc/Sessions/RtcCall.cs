using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>The sessions of one call, and who is to receive what: every track goes to every other session (media.md 4.2).</summary>
/// <remarks>Thread-safe; posts to mailboxes only, so that no session waits for another.</remarks>
internal sealed class RtcCall
{
    private readonly Lock _gate = new();
    private readonly List<RtcSession> _sessions = [];
    private readonly List<PublishedTrack> _tracks = [];

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
        foreach (RtcSession other in Note(track, started: true))
        {
            other.PostTrackStarted(track);
        }
    }

    public void OnTrackEnded(PublishedTrack track)
    {
        foreach (RtcSession other in Note(track, started: false))
        {
            other.PostTrackEnded(track);
        }
    }

    /// <summary>What a session that is ready to receive is owed, per publisher in the order voice, screen, its sound, camera.</summary>
    public IReadOnlyList<PublishedTrack> TracksFor(RtcSession session)
    {
        lock (_gate)
        {
            return [.. _tracks.Where(track => track.Publisher != session.Participant).OrderBy(static track => track.Type)];
        }
    }

    private RtcSession[] Note(PublishedTrack track, bool started)
    {
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
            }

            return [.. _sessions.Where(session => session.Participant != track.Publisher)];
        }
    }
}
