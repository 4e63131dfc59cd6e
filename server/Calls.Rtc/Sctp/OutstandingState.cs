namespace Calls.Rtc.Sctp;

internal enum OutstandingState : byte
{
    /// <summary>Sent, nothing known about it.</summary>
    InFlight,

    /// <summary>Reported in a gap block. The peer may take that back (RFC 9260, section 6.2.1).</summary>
    GapAcked,

    /// <summary>To be sent again.</summary>
    Lost,
}
