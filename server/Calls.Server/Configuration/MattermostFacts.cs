using System.Text.Json;

namespace Calls.Server.Configuration;

/// <summary>What Mattermost's configuration and licence say about Calls.</summary>
/// <param name="PluginSettings">What the System Console saved for the plugin; undefined if nothing.</param>
/// <param name="IsDeveloper">EnableTesting and EnableDeveloper are both on.</param>
public sealed record MattermostFacts(JsonElement PluginSettings, MattermostLicense License, bool IsDeveloper, bool ShowFullName)
{
    /// <summary>Before Mattermost was asked.</summary>
    public static MattermostFacts Unknown { get; } = new(default, MattermostLicense.None, IsDeveloper: false, ShowFullName: true);
}
