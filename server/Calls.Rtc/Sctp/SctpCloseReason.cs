namespace Calls.Rtc.Sctp;

/// <summary>Why an association ended.</summary>
public enum SctpCloseReason
{
    /// <summary><see cref="SctpAssociation.Abort"/> was called.</summary>
    AbortedLocally,

    /// <summary>The peer sent ABORT; browsers do on <c>pc.close()</c>.</summary>
    AbortedByPeer,

    /// <summary>The peer sent SHUTDOWN.</summary>
    ShutdownByPeer,

    /// <summary>The peer started a new association inside the old one's DTLS connection.</summary>
    RestartedByPeer,

    /// <summary>INIT or COOKIE ECHO stayed unanswered.</summary>
    ConnectTimeout,

    /// <summary>Data or a stream reset stayed unacknowledged.</summary>
    RetransmissionTimeout,

    /// <summary>The peer broke a rule that leaves no way to go on.</summary>
    ProtocolViolation,

    /// <summary>The peer's message passed <see cref="SctpOptions.MaxInboundMessageLength"/>.</summary>
    MessageTooLong,

    /// <summary>The peer does not take what we send: <see cref="SctpOptions.SendQueueLength"/> was passed.</summary>
    SendQueueFull,
}
