using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>A log-in, or a personal access token in use.</summary>
internal sealed record Session
{
    public required string Id { get; init; }

    public required string Token { get; init; }

    public long CreateAt { get; init; }

    /// <summary>Milliseconds since the epoch, 0 = never.</summary>
    public long ExpiresAt { get; init; }

    public long LastActivityAt { get; init; }

    public required string UserId { get; init; }

    public string DeviceId { get; init; } = "";

    public string Roles { get; init; } = "";

    [JsonPropertyName("is_oauth")]
    public bool IsOAuth { get; init; }

    public bool ExpiredNotify { get; init; }

    public ImmutableDictionary<string, string> Props { get; init; } = ImmutableDictionary<string, string>.Empty;

    public bool Local { get; init; }

    [JsonIgnore]
    public string Csrf => Props.GetValueOrDefault("csrf", "");

    [JsonIgnore]
    public bool IsAccessToken => Props.GetValueOrDefault("type") == "UserAccessToken";

    public override string ToString() => $"session {Id}";
}
