using System.Text.Json;
using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>A message. Immutable: an edit replaces it in <see cref="PostStore"/>.</summary>
internal sealed record Post
{
    public required string Id { get; init; }

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long EditAt { get; init; }

    public long DeleteAt { get; init; }

    public bool IsPinned { get; init; }

    public required string UserId { get; init; }

    public required string ChannelId { get; init; }

    public string RootId { get; init; } = "";

    public string OriginalId { get; init; } = "";

    public string Message { get; init; } = "";

    public string Type { get; init; } = "";

    public JsonElement Props { get; init; } = Wire.EmptyObject;

    public string Hashtags { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? FileIds { get; init; }

    public string PendingPostId { get; init; } = "";

    public long ReplyCount { get; init; }

    public long LastReplyAt { get; init; }

    public object? Participants { get; init; }

    public JsonElement Metadata { get; init; } = Wire.EmptyObject;
}
