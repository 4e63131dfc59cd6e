using System.Text.Json.Nodes;

namespace Calls.StandIn.Seed;

/// <summary>The configuration of a new server, reduced to the keys that the stand-in or a Calls backend reads.</summary>
internal static class DefaultConfig
{
    public static JsonObject Create(string siteUrl) => new()
    {
        ["ServiceSettings"] = new JsonObject
        {
            ["SiteURL"] = siteUrl,
            ["WebsocketURL"] = "",
            ["AllowCorsFrom"] = "",
            ["ExperimentalStrictCSRFEnforcement"] = false,
            ["EnableTesting"] = false,
            ["EnableDeveloper"] = false,
            ["EnableUserAccessTokens"] = false,
            ["EnableBotAccountCreation"] = true,
            ["DisableBotsWhenOwnerIsDeactivated"] = true,
            ["EnableCommands"] = true,
            ["EnableUserStatuses"] = true,
            ["PostEditTimeLimit"] = -1,
            ["SessionLengthWebInHours"] = 720,
            ["SessionIdleTimeoutInMinutes"] = 43200,
            ["MaximumLoginAttempts"] = 10,
            ["MaximumPayloadSizeBytes"] = 300000,
            ["AllowedUntrustedInternalConnections"] = "",
            ["OutgoingIntegrationRequestsTimeout"] = 30,
        },
        ["TeamSettings"] = new JsonObject
        {
            ["SiteName"] = "Stand-in",
            ["EnableUserCreation"] = true,
            ["EnableOpenServer"] = true,
            ["TeammateNameDisplay"] = "username",
        },
        ["PrivacySettings"] = new JsonObject { ["ShowEmailAddress"] = true, ["ShowFullName"] = true },
        ["LocalizationSettings"] = new JsonObject { ["DefaultServerLocale"] = "en", ["DefaultClientLocale"] = "en" },
        ["EmailSettings"] = new JsonObject
        {
            ["SendPushNotifications"] = false,
            ["PushNotificationServer"] = "",
            ["PushNotificationContents"] = "full",
        },
        ["FileSettings"] = new JsonObject { ["EnableFileAttachments"] = true, ["MaxFileSize"] = 104857600 },
        ["RateLimitSettings"] = new JsonObject
        {
            ["Enable"] = false,
            ["PerSec"] = 10,
            ["MaxBurst"] = 100,
            ["VaryByRemoteAddr"] = true,
            ["VaryByUser"] = false,
            ["VaryByHeader"] = "",
        },
        ["ClusterSettings"] = new JsonObject { ["Enable"] = false },
        ["PluginSettings"] = new JsonObject
        {
            ["Enable"] = true,
            ["EnableUploads"] = false,
            ["RequirePluginSignature"] = false,
            ["AutomaticPrepackagedPlugins"] = true,
            ["Plugins"] = new JsonObject(),
            ["PluginStates"] = new JsonObject { ["com.mattermost.calls"] = new JsonObject { ["Enable"] = true } },
        },
    };
}
