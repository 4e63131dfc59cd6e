namespace Calls.Rtc.Sctp.Chunks;

/// <summary>Results in a re-configuration response (RFC 6525, section 4.4).</summary>
internal enum ReConfigResult : uint
{
    NothingToDo = 0,
    Performed = 1,
    Denied = 2,
    WrongSsn = 3,
    RequestAlreadyInProgress = 4,
    BadSequenceNumber = 5,
    InProgress = 6,
}
