namespace Calls.Rtc.PeerTests;

/// <summary>A voice packet as a listener got it.</summary>
/// <param name="SpeakerPort">Of the client that spoke.</param>
internal sealed record Word(uint Ssrc, ushort Sequence, uint Timestamp, bool HasMarker, int SpeakerPort, long AtMs);
