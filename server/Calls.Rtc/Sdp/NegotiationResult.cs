namespace Calls.Rtc.Sdp;

/// <summary>What became of a description. Anything but <see cref="Ok"/> left the negotiation as it was.</summary>
public enum NegotiationResult : byte
{
    Ok,

    /// <summary>Not a session description.</summary>
    Malformed,

    /// <summary>Longer than allowed, or more attributes than allowed.</summary>
    TooLarge,

    /// <summary>More m-sections than allowed; the session is to be closed (media.md 9.7).</summary>
    TooManySections,

    /// <summary>An offer while ours is out (glare), or an answer to nothing.</summary>
    WrongState,

    /// <summary>Sections do not continue the negotiated ones, or do not answer the pending offer (DEV-8).</summary>
    Mismatch,

    /// <summary>No ICE credentials, no fingerprint, or no section that can carry the bundle.</summary>
    Unsupported,
}
