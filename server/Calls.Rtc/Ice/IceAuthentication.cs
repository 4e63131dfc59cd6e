namespace Calls.Rtc.Ice;

/// <summary>Whether a STUN message is a check of this session's peer. Everything but <see cref="Ok"/> is dropped without answer (media.md 9.2).</summary>
public enum IceAuthentication
{
    Ok,

    /// <summary>An indication or a response: a lite agent has no request outstanding.</summary>
    NotARequest,

    /// <summary>USERNAME is missing or does not name this session and its peer.</summary>
    WrongUsername,

    /// <summary>MESSAGE-INTEGRITY is missing or wrong.</summary>
    BadIntegrity,

    BadFingerprint,
}
