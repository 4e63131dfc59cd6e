using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>An uploaded file.</summary>
internal sealed record StoredFile
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    public string PostId { get; init; } = "";

    public required string ChannelId { get; init; }

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long DeleteAt { get; init; }

    public required string Name { get; init; }

    public string Extension { get; init; } = "";

    public long Size { get; init; }

    public string MimeType { get; init; } = "";

    public bool HasPreviewImage { get; init; }

    [JsonIgnore]
    public byte[] Content { get; init; } = [];
}
