namespace Calls.Rtc.Sessions;

/// <summary>What became of a STUN datagram.</summary>
internal enum CheckResult : byte
{
    Answered,

    /// <summary>Not a well-formed STUN message with a user name.</summary>
    Malformed,

    /// <summary>No session has that user fragment.</summary>
    NoSession,

    /// <summary>Wrong user name, integrity or fingerprint, or a connection that serves another session. Nothing is answered (media.md 9.2, 9.4).</summary>
    Forged,
}
