namespace Calls.Rtc.Dtls;

/// <summary>Why a <see cref="DtlsSession"/> is <see cref="DtlsState.Failed"/>.</summary>
public enum DtlsFailure
{
    None,

    /// <summary>Not connected <see cref="DtlsSession.HandshakeTimeoutMs"/> after the start.</summary>
    Timeout,

    /// <summary>The peer's certificate is not the one that signaling announced.</summary>
    FingerprintMismatch,

    /// <summary>The handshake ended before the signaled fingerprints were set: a fault of the caller.</summary>
    FingerprintMissing,

    /// <summary>The peer lists no SRTP profile that we support.</summary>
    NoSrtpProfile,

    /// <summary>The peer does not support the extended master secret (RFC 7627).</summary>
    NoExtendedMasterSecret,

    /// <summary>The peer sent a fatal alert.</summary>
    PeerAlert,

    /// <summary>The peer broke the protocol, or there is no version or cipher suite in common.</summary>
    Protocol,
}
