namespace Calls.Rtc;

/// <summary>What is forwarded of one kind of track (<c>voice</c>, <c>screen</c>, <c>screen-audio</c>, <c>video</c>), since the start.</summary>
public readonly record struct RtcTraffic(string TrackType, long PacketsIn, long BytesIn, long PacketsOut, long BytesOut);

/// <summary>What one group has at the moment.</summary>
/// <param name="TracksIn">Tracks that clients send, by MIME type.</param>
/// <param name="TracksOut">Tracks that clients are sent, by MIME type.</param>
public sealed record RtcGroupUsage(string GroupId, int Sessions, IReadOnlyDictionary<string, int> TracksIn, IReadOnlyDictionary<string, int> TracksOut);
