namespace Calls.Domain;

/// <summary>What a call adds up to; durations in seconds, rounded to the nearest (storage-and-jobs.md 2).</summary>
/// <param name="ScreenDuration">Sum over all shares.</param>
/// <param name="VideoDuration">Sum over all participants.</param>
public sealed record CallStatistics(
    long ScreenDuration = 0,
    long VideoDuration = 0,
    bool HasUsedVideo = false,
    bool HasUsedScreenShare = false);
