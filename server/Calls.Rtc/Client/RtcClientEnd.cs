namespace Calls.Rtc.Client;

/// <summary>Why an <see cref="RtcClient"/> is closed.</summary>
public enum RtcClientEnd
{
    /// <summary>Not closed.</summary>
    None,

    /// <summary><see cref="RtcClient.Close"/> was called.</summary>
    Requested,

    /// <summary>The server ended the association (SCTP ABORT or DTLS close_notify).</summary>
    ClosedByServer,

    /// <summary>No answer to checks for 30 s, or none ever.</summary>
    IceFailed,

    DtlsFailed,

    /// <summary>The server's first answer cannot be used.</summary>
    Signaling,
}
