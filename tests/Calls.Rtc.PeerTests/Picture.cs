namespace Calls.Rtc.PeerTests;

/// <summary>One video packet that a client received.</summary>
/// <param name="Type">What the media map called its section.</param>
internal sealed record Picture(string Publisher, string Type, bool StartsKeyFrame, long AtMs);
