using System.Text.Json;
using Calls.Server.Configuration;

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
    JsonElement License)
{
    /// <summary>EnableTesting and EnableDeveloper are both on.</summary>
    public bool IsDeveloper { get; init; }

    /// <summary>Whether full names may be shown.</summary>
    public bool ShowFullName { get; init; } = true;

    /// <summary>Where clients are told to open their WebSocket; empty for the site itself.</summary>
    public string WebsocketUrl { get; init; } = "";

    /// <summary>EmailSettings.PushNotificationContents: <c>full</c>, <c>generic</c>, <c>generic_no_channel</c>, <c>id_loaded</c>.</summary>
    public string PushContents { get; init; } = "";

    public bool EnablesCommands { get; init; } = true;

    public bool LimitsRequests { get; init; }

    /// <summary>Bytes a file may have; 0 if not known.</summary>
    public long MaxFileSize { get; init; }

    /// <summary>The plugin installed under our id; <c>null</c> if there is none, or it is not known.</summary>
    public CallsPlugin? Plugin { get; init; }

    /// <summary>Whether Mattermost said which plugins are installed.</summary>
    public bool IsPluginKnown { get; init; }

    /// <summary>What of this decides about Calls' own settings.</summary>
    internal MattermostFacts Facts => new(
        PluginSettings,
        License.Text("IsLicensed") == "true"
            ? new MattermostLicense(License.Text("SkuShortName"), License.Text("Cloud") == "true", License.Text("LDAP") == "true")
            : MattermostLicense.None,
        IsDeveloper,
        ShowFullName);
}
