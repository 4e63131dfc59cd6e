using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>A custom slash command of a team.</summary>
internal sealed record SlashCommand
{
    public required string Id { get; init; }

    public required string Token { get; init; }

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long DeleteAt { get; init; }

    public required string CreatorId { get; init; }

    public required string TeamId { get; init; }

    public required string Trigger { get; init; }

    public string Method { get; init; } = "P";

    public string Username { get; init; } = "";

    [JsonPropertyName("icon_url")]
    public string IconUrl { get; init; } = "";

    public bool AutoComplete { get; init; }

    public string AutoCompleteDesc { get; init; } = "";

    public string AutoCompleteHint { get; init; } = "";

    public string DisplayName { get; init; } = "";

    public string Description { get; init; } = "";

    public required string Url { get; init; }

    public string PluginId { get; init; } = "";

    public override string ToString() => $"command {Trigger}";
}
