using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>A file that arrives in parts.</summary>
internal sealed record UploadSession
{
    public required string Id { get; init; }

    public string Type { get; init; } = "attachment";

    public long CreateAt { get; init; }

    public required string UserId { get; init; }

    public required string ChannelId { get; init; }

    public required string Filename { get; init; }

    public required long FileSize { get; init; }

    public long FileOffset => Received.Length;

    [JsonIgnore]
    public byte[] Received { get; init; } = [];
}
