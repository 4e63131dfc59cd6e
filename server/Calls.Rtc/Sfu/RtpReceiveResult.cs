namespace Calls.Rtc.Sfu;

/// <summary>What became of a received RTP packet.</summary>
internal enum RtpReceiveResult
{
    /// <summary>Handed to the track's subscribers, however many there are.</summary>
    Forwarded,

    /// <summary>The handshake has not finished.</summary>
    NoKeys,

    /// <summary>Forged, repeated, too old or not RTP: SRTP refused it.</summary>
    NotAuthentic,

    /// <summary>Authentic, but its lengths do not fit.</summary>
    Malformed,

    /// <summary>SSRC 0 or nothing but padding: counted for feedback, never forwarded (media.md 4.1, 4.3).</summary>
    Probe,

    /// <summary>No section claims the SSRC (yet).</summary>
    UnknownSsrc,

    /// <summary>The SSRC is one that we send with ourselves (media.md 9.6).</summary>
    Looped,

    /// <summary>More streams than a session may have (media.md 9.7).</summary>
    TooManyStreams,

    /// <summary>A payload type that was not negotiated, or another codec than the stream began with.</summary>
    UnknownPayloadType,

    /// <summary>Repeated, or too late to be numbered.</summary>
    Late,

    /// <summary>Above the limits of media.md 9.7.</summary>
    RateLimited,

    /// <summary>Its section is known, but not yet what it shows (DEV-12).</summary>
    Unclassified,

    /// <summary>The stream's track has ended, or another stream took its place.</summary>
    Retired,

    Muted,
}
