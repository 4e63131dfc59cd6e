namespace Calls.Rtc.Tests.Sdp;

/// <summary>One offer or answer of a transcript.</summary>
internal sealed record RecordedDescription(int Line, string Session, bool FromClient, bool IsOffer, string Sdp);
