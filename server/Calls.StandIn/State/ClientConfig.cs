using System.Security.Cryptography;

namespace Calls.StandIn.State;

/// <summary>The flat, all-strings configuration that clients read, and its hash in the server version.</summary>
internal static class ClientConfig
{
    /// <param name="state">Where settings and licence come from.</param>
    /// <param name="isLimited">Without a session only the keys a log-in page needs are shown.</param>
    public static SortedDictionary<string, string> Build(ServerState state, bool isLimited)
    {
        ServerConfig config = state.Settings.Current;
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Version"] = ServerState.Version,
            ["BuildNumber"] = ServerState.Version,
            ["BuildDate"] = "",
            ["BuildHash"] = "",
            ["BuildHashEnterprise"] = "none",
            ["BuildEnterpriseReady"] = "true",
            ["SiteName"] = config.String("TeamSettings", "SiteName"),
            ["EnableOpenServer"] = Text(config.Bool("TeamSettings", "EnableOpenServer")),
            ["EnableUserCreation"] = Text(config.Bool("TeamSettings", "EnableUserCreation")),
            ["EnableSignInWithEmail"] = "true",
            ["EnableSignInWithUsername"] = "true",
            ["DefaultClientLocale"] = config.String("LocalizationSettings", "DefaultClientLocale"),
            ["AsymmetricSigningPublicKey"] = state.PushKey.PublicKey,
            ["DiagnosticId"] = "standinxdiagnosticxidxxxxx",
            ["DiagnosticsEnabled"] = "false",
            ["PluginsEnabled"] = Text(config.Bool("PluginSettings", "Enable")),
            ["WebsocketURL"] = config.String("ServiceSettings", "WebsocketURL").TrimEnd('/'),
        };
        if (isLimited)
        {
            return result;
        }

        result["SiteURL"] = config.String("ServiceSettings", "SiteURL").TrimEnd('/');
        result["EnableUserStatuses"] = Text(config.Bool("ServiceSettings", "EnableUserStatuses"));
        result["EnableTesting"] = Text(config.Bool("ServiceSettings", "EnableTesting"));
        result["EnableDeveloper"] = Text(config.Bool("ServiceSettings", "EnableDeveloper"));
        result["EnableUserAccessTokens"] = Text(config.Bool("ServiceSettings", "EnableUserAccessTokens"));
        result["PostEditTimeLimit"] = Text(config.Int("ServiceSettings", "PostEditTimeLimit"));
        result["MaxFileSize"] = Text(config.Int("FileSettings", "MaxFileSize"));
        result["SendPushNotifications"] = Text(config.Bool("EmailSettings", "SendPushNotifications"));
        result["TeammateNameDisplay"] = config.String("TeamSettings", "TeammateNameDisplay");
        result["ShowFullName"] = Text(config.Bool("PrivacySettings", "ShowFullName"));
        result["ShowEmailAddress"] = Text(config.Bool("PrivacySettings", "ShowEmailAddress"));
        return result;
    }

    /// <summary>The value of <c>X-Version-Id</c> and of <c>server_version</c> in <c>hello</c>.</summary>
    public static string VersionId(ServerState state)
    {
        string hash = Convert.ToHexStringLower(MD5.HashData(Wire.ToUtf8(Build(state, isLimited: false))));
        return $"{ServerState.Version}.{ServerState.Version}.{hash}.{Text(state.License.Current is not null)}";
    }

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
