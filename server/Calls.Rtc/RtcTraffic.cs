namespace Calls.Rtc;

/// <summary>What is forwarded of one kind of track of one group, since the start.</summary>
/// <param name="TrackType"><c>voice</c>, <c>screen</c>, <c>screen-audio</c> or <c>video</c>.</param>
/// <param name="WriteTimes">How long writes to one subscriber took, of a sample: counts between <see cref="WriteTimeBounds"/>, the last above all.</param>
/// <param name="WriteSeconds">The sum of that sample.</param>
public sealed record RtcTraffic(
    string GroupId, string TrackType, long PacketsIn, long BytesIn, long PacketsOut, long BytesOut, IReadOnlyList<long> WriteTimes, double WriteSeconds)
{
    /// <summary>Inclusive upper bounds in seconds.</summary>
    public static IReadOnlyList<double> WriteTimeBounds => Sfu.WriteTimes.Bounds;
}

/// <summary>What one group has at the moment.</summary>
/// <param name="TracksIn">Tracks that clients send, by MIME type.</param>
/// <param name="TracksOut">Tracks that clients are sent, by MIME type.</param>
public sealed record RtcGroupUsage(string GroupId, int Sessions, IReadOnlyDictionary<string, int> TracksIn, IReadOnlyDictionary<string, int> TracksOut);
