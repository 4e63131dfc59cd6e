using System.Text.Json;

namespace Calls.Server.Mattermost.Rest;

/// <summary>What the sidecar reads from Mattermost's configuration and licence (mattermost-integration.md 7.4).</summary>
/// <param name="PluginSettings">The object of our plugin id, keys as saved; undefined if there is none.</param>
/// <param name="License">The licence for clients, old format; undefined if there is none.</param>
public sealed record MattermostSettings(
    string SiteUrl,
    string AllowCorsFrom,
    bool StrictCsrf,
    string ServerVersion,
    JsonElement PluginSettings,
    JsonElement License);
