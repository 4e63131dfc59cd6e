namespace Calls.Rtc.Sdp;

/// <summary>The two tokens of <c>a=msid</c> (RFC 8830).</summary>
/// <param name="StreamId">The media stream, <c>-</c> for none.</param>
/// <param name="TrackId">The track, empty when absent.</param>
public readonly record struct MediaStreamId(string StreamId, string TrackId);
