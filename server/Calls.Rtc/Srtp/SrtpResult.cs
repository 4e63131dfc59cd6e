namespace Calls.Rtc.Srtp;

/// <summary>What became of a received SRTP or SRTCP packet. Everything but <see cref="Ok"/> means: drop it.</summary>
public enum SrtpResult
{
    Ok,

    /// <summary>Shorter than a header plus the tag.</summary>
    TooShort,

    /// <summary>Wrong version, or a header that claims more bytes than there are.</summary>
    Malformed,

    /// <summary>The tag does not match: forged, damaged, or protected with other keys.</summary>
    AuthenticationFailed,

    /// <summary>Already received once (RFC 3711 3.3.2).</summary>
    Replayed,

    /// <summary>Older than the replay window reaches, so it cannot be told from a replay.</summary>
    TooOld,

    /// <summary>SRTCP with the E flag clear. RFC 8827 requires encryption, so plain SRTCP is a fault of the sender.</summary>
    NotEncrypted,

    /// <summary>A new SSRC while <see cref="SrtpInbound.MaxSsrcs"/> are known.</summary>
    TooManySsrcs,

    /// <summary>The context was disposed.</summary>
    Disposed,
}
