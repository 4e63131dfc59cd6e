namespace Calls.Domain.Invariants;

/// <summary>
/// What holds of every call whenever its lock is free. A participant list that contradicts who is really connected breaks one of these.
/// </summary>
public enum CallInvariant
{
    /// <summary>A channel has one active call at most.</summary>
    OneCallPerChannel,

    /// <summary>A call that goes on has a session; only one whose media was lost may wait for its participants without (modes.md 17.3).</summary>
    CallHasSession,

    /// <summary>An ended call has no sessions, no host, no sharer.</summary>
    EndedCallIsEmpty,

    /// <summary>The host has a session, and where a user is there is a host.</summary>
    HostInCall,

    /// <summary>Who shares the screen has a session.</summary>
    SharerInCall,

    /// <summary>Cameras that are on are those of sessions, each with the time it went on.</summary>
    VideoOfSession,

    /// <summary>Everybody with a session is among those who took part.</summary>
    ParticipantRecorded,

    /// <summary>A session is not older than its call.</summary>
    SessionWithinCall,

    /// <summary>A connection carries one session.</summary>
    OneSessionPerConnection,

    /// <summary>Lost media is that of a call that waits for its participants to come back.</summary>
    LostMediaExpires,

    /// <summary>A session without a socket goes when its grace is over.</summary>
    LostSocketExpires,

    /// <summary>A session has its transport: this process serves it, on the connection that the store says.</summary>
    SessionHasTransport,

    /// <summary>A session has media, until it is lost.</summary>
    SessionHasMedia,

    /// <summary>What this process serves is in the store.</summary>
    TransportHasSession,
}
