namespace Calls.Rtc.Sfu;

/// <summary>What became of a received RTCP datagram.</summary>
internal enum RtcpReceiveResult
{
    Applied,

    /// <summary>The handshake has not finished.</summary>
    NoKeys,

    /// <summary>Forged, repeated, too old or not RTCP: SRTP refused it.</summary>
    NotAuthentic,

    /// <summary>More datagrams than any client needs; not looked at.</summary>
    RateLimited,

    /// <summary>Some packet of it does not fit; those before it were applied.</summary>
    Malformed,
}
