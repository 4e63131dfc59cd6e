namespace Calls.Rtc.Transport;

/// <summary>Protocols that share the media port (RFC 7983).</summary>
public enum PacketKind
{
    /// <summary>None of ours, or too short to be one.</summary>
    Unknown,

    Stun,
    Dtls,

    /// <summary>SRTP.</summary>
    Rtp,

    /// <summary>SRTCP.</summary>
    Rtcp,
}
