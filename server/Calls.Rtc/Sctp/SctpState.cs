namespace Calls.Rtc.Sctp;

/// <summary>States of an association (RFC 9260, section 4). We never start a SHUTDOWN, so its states on that side are missing.</summary>
public enum SctpState
{
    /// <summary>Not connected yet: a peer's INIT is answered.</summary>
    Closed,

    /// <summary>Our INIT is out.</summary>
    CookieWait,

    /// <summary>Our COOKIE ECHO is out.</summary>
    CookieEchoed,

    Established,

    /// <summary>The peer's SHUTDOWN was answered; <see cref="ISctpOutput.OnClosed"/> has been called.</summary>
    ShutdownAckSent,

    /// <summary>Over for good; nothing is answered any more.</summary>
    Ended,
}
