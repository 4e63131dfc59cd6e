namespace Calls.Rtc.Client;

/// <summary>Messages of the server's signaling.</summary>
internal enum SignalMessageKind
{
    Offer,
    Answer,
    Candidate,
}
