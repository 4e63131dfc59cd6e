using System.Text.Json.Serialization;

namespace Calls.Server.Persistence;

/// <summary>The JSON of <c>calls.stats</c>; keys omitted when zero or false (storage-and-jobs.md 2).</summary>
internal sealed record CallStats
{
    [JsonPropertyName("screen_duration")]
    public long ScreenDuration { get; init; }

    [JsonPropertyName("video_duration")]
    public long VideoDuration { get; init; }

    [JsonPropertyName("has_used_video")]
    public bool HasUsedVideo { get; init; }

    [JsonPropertyName("has_used_screen_share")]
    public bool HasUsedScreenShare { get; init; }
}
