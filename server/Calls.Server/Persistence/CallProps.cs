using System.Text.Json;
using System.Text.Json.Serialization;

namespace Calls.Server.Persistence;

/// <summary>The JSON of <c>calls.props</c>; every key omitted when empty (storage-and-jobs.md 2).</summary>
internal sealed record CallProps
{
    [JsonPropertyName("hosts")]
    public List<string>? Hosts { get; init; }

    [JsonPropertyName("host_locked_user_id")]
    public string? LockedHost { get; init; }

    [JsonPropertyName("screen_sharing_session_id")]
    public string? ScreenSharer { get; init; }

    /// <summary>Unix seconds.</summary>
    [JsonPropertyName("screen_start_at")]
    public long? ScreenStartAt { get; init; }

    /// <summary>Unix seconds by session.</summary>
    [JsonPropertyName("video_start_at")]
    public Dictionary<string, long>? VideoStartAt { get; init; }

    [JsonPropertyName("dismissed_notification")]
    public Dictionary<string, bool>? Dismissed { get; init; }

    [JsonPropertyName("participants")]
    public Dictionary<string, JsonElement>? Participants { get; init; }
}
