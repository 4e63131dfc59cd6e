using System.Text.Json.Serialization;

namespace Calls.StandIn.Hub;

/// <summary>Who an event is for. Empty strings and <c>null</c> mean "no condition"; the order of evaluation is signaling.md 1.14.</summary>
internal sealed record Broadcast
{
    public IReadOnlyDictionary<string, bool>? OmitUsers { get; init; }

    public string UserId { get; init; } = "";

    public string ChannelId { get; init; } = "";

    public string TeamId { get; init; } = "";

    public string ConnectionId { get; init; } = "";

    public string OmitConnectionId { get; init; } = "";

    /// <summary>Only for users without <c>manage_system</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ContainsSanitizedData { get; init; }

    /// <summary>Only for users with <c>manage_system</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ContainsSensitiveData { get; init; }

    public static Broadcast Everyone { get; } = new();

    public static Broadcast ToUser(string userId, string channelId = "") => new() { UserId = userId, ChannelId = channelId };

    public static Broadcast ToChannel(string channelId, params string[] omit) => new() { ChannelId = channelId, OmitUsers = Omit(omit) };

    public static Broadcast ToTeam(string teamId, params string[] omit) => new() { TeamId = teamId, OmitUsers = Omit(omit) };

    public static IReadOnlyDictionary<string, bool>? Omit(params string[] users) =>
        users.Length == 0 ? null : users.ToDictionary(u => u, _ => true);
}
