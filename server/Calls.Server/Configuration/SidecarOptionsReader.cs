using System.Globalization;
using System.Net;

namespace Calls.Server.Configuration;

/// <summary>Reads <see cref="SidecarOptions"/> from their sources and lists every fault at once.</summary>
internal sealed class SidecarOptionsReader(SettingSources sources, Func<string, string> readFile)
{
    private const string Masked = "********";

    /// <summary>Settings of later stages: named by the documentation, refused so that none is silently without effect.</summary>
    private static readonly string[] NotInThisVersion =
    [
        "RedisURL", "DrainTimeout", "RTCDFailFast",
    ];

    private static readonly string[] Known =
    [
        "HttpListen", "AdminListen", "MattermostURL", "SiteURL", "BotToken", "BotTokenFile", "JobsBotToken", "JobsBotTokenFile", "DatabaseURL", "MaxOpenConns", "MaxIdleConns", "NodeName",
        "TrustedProxies", "EndCallsOnStart", "DtlsRole", "TakeOver", "LogLevel", "LogFormat",
        "LicenseGating", "LicenseOverride", "BundlePath", "PushProxyURL", "CallbackURL",
    ];

    private static readonly string[] TakeOverRoutes = ["plugins", "commands", "post-edits", "logout"];

    private readonly List<ConfigurationFault> _faults = [];

    /// <summary>The sidecar's own settings that have an effect.</summary>
    public static IReadOnlyList<string> KnownKeys => Known;

    /// <exception cref="ConfigurationException">One or more values cannot be used.</exception>
    public SidecarOptions Read(bool needsMattermost, bool isTerminal)
    {
        var defaults = new SidecarOptions();
        foreach (string key in sources.OwnKeysOfFile.Where(static key => !Known.Contains(key, StringComparer.OrdinalIgnoreCase) && !NotInThisVersion.Contains(key, StringComparer.OrdinalIgnoreCase)))
        {
            _faults.Add(new(key, SettingOrigin.File, null, $"is not a setting; known are {string.Join(", ", Known)}"));
        }

        foreach (string key in NotInThisVersion)
        {
            if (sources.Own(key) is var (_, origin))
            {
                _faults.Add(new(key, origin, null, "is not supported by this version; remove it"));
            }
        }

        (string? sqliteFile, PostgresUrl? postgres) = ReadDatabase();
        var options = new SidecarOptions
        {
            HttpListen = Value("HttpListen", ParseEndpoints, "addresses with ports are expected, such as 127.0.0.1:8066", defaults.HttpListen),
            AdminListen = Value("AdminListen", ParseEndpoint, "an address with a port is expected, such as 127.0.0.1:8068", defaults.AdminListen),
            MattermostUrl = Value<Uri?>("MattermostURL", ParseHttpUrl, "an http or https URL is expected, such as http://127.0.0.1:8065", null),
            SiteUrl = Value<Uri?>("SiteURL", ParseHttpUrl, "an http or https URL is expected, such as https://chat.example.org", null),
            BotToken = ReadToken("BotToken"),
            JobsBotToken = ReadToken("JobsBotToken"),
            DatabaseFile = sqliteFile ?? defaults.DatabaseFile,
            Postgres = postgres,
            NodeName = Value("NodeName", static text => text.Length is > 0 and <= 64 ? text : null, "1 to 64 characters are expected", defaults.NodeName),
            TrustedProxies = Value("TrustedProxies", ParseNetworks, "networks are expected, such as 10.0.0.0/8,192.168.1.7/32", defaults.TrustedProxies),
            EndCallsOnStart = Switch("EndCallsOnStart"),
            DtlsActive = Value("DtlsRole", static text => text switch { "active" => "active", "passive" => "passive", _ => null }, "passive or active is expected", "passive") == "active",
            TakeOver = Value("TakeOver", ParseTakeOver, "a list of plugins, commands, post-edits and logout is expected", defaults.TakeOver),
            LicenseGating = Switch("LicenseGating"),
            LicenseOverride = Value<string?>("LicenseOverride", static text => text is "none" or "professional" or "enterprise" ? text : null, "none, professional or enterprise is expected", null),
            BundlePath = Value<string?>("BundlePath", static text => Directory.Exists(Path.Combine(text, "standalone", "dist")) ? text : null, "a folder with an unpacked Calls release is expected (it has standalone/dist)", null),
            PushProxyUrl = Value<Uri?>("PushProxyURL", ParseHttpUrl, "an http or https URL is expected, such as https://push.mattermost.com", null),
            CallbackUrl = Value<Uri?>("CallbackURL", ParseHttpUrl, "an http or https URL is expected, such as http://10.0.0.7:8066", null),
            LogLevel = Value("LogLevel", ParseLogLevel, "debug, info, warn or error is expected", (LogLevel?)defaults.LogLevel)!.Value,
            LogAsJson = Value("LogFormat", static text => text is "text" or "json" ? text : null, "text or json is expected", isTerminal ? "text" : "json") == "json",
        };

        if (options.AdminListen is { Port: > 0 } admin && options.HttpListen.Contains(admin))
        {
            _faults.Add(new("AdminListen", sources.Own("AdminListen")?.Origin ?? SettingOrigin.Default, admin.ToString(), "an address other than those of HttpListen is expected"));
        }

        if (needsMattermost && options.MattermostUrl is null)
        {
            Require("MattermostURL", "is required: the internal base URL of Mattermost, such as http://127.0.0.1:8065");
        }

        if (needsMattermost && options.BotToken.Length == 0 && !_faults.Any(static fault => fault.Key == "BotTokenFile"))
        {
            Require("BotToken", "is required: the access token of the service bot (or BotTokenFile with the file that holds it)");
        }

        return _faults.Count == 0 ? options : throw new ConfigurationException(_faults);
    }

    private void Require(string key, string sentence)
    {
        if (!_faults.Any(fault => fault.Key == key))
        {
            _faults.Add(new(key, SettingOrigin.Default, null, sentence));
        }
    }

    /// <param name="key">The setting that has the token; the one with <c>File</c> behind it names a file that does.</param>
    private string ReadToken(string key)
    {
        if (sources.Own(key) is var (token, _))
        {
            return token;
        }

        if (sources.Own(key + "File") is not var (path, origin))
        {
            return "";
        }

        try
        {
            return readFile(path).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _faults.Add(new(key + "File", origin, path, "the file cannot be read"));
            return "";
        }
    }

    private (string? SqliteFile, PostgresUrl? Postgres) ReadDatabase()
    {
        int? open = Value("MaxOpenConns", ParseCount, "a number from 1 to 10000 is expected", (int?)null);
        int? idle = Value("MaxIdleConns", ParseCount, "a number from 1 to 10000 is expected", (int?)null);
        if (sources.Own("DatabaseURL") is not var (text, origin))
        {
            return (null, null);
        }

        if (ParseSqliteFile(text) is { } file)
        {
            return (file, null);
        }

        if (PostgresUrl.TryParse(text, out PostgresUrl? postgres, out string fault))
        {
            return (null, postgres!.WithPool(open, idle));
        }

        _faults.Add(new("DatabaseURL", origin, Masked, fault));
        return (null, null);
    }

    private T Value<T>(string key, Func<string, T?> parse, string allowed, T fallback, bool mask = false)
    {
        if (sources.Own(key) is not var (text, origin))
        {
            return fallback;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        _faults.Add(new(key, origin, mask ? Masked : text, allowed));
        return fallback;
    }

    private bool Switch(string key) => Value(
        key,
        static text => text switch { "true" or "1" => "on", "false" or "0" => "off", _ => null },
        "true or false is expected",
        "off") == "on";

    private static IReadOnlyList<IPEndPoint>? ParseEndpoints(string text)
    {
        var endpoints = new List<IPEndPoint>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (ParseEndpoint(part) is not { } endpoint)
            {
                return null;
            }

            endpoints.Add(endpoint);
        }

        return endpoints;
    }

    // IPEndPoint.TryParse takes a bare address as port 0.
    private static IPEndPoint? ParseEndpoint(string text) =>
        IPEndPoint.TryParse(text, out IPEndPoint? endpoint) && text.EndsWith($":{endpoint.Port}", StringComparison.Ordinal) ? endpoint : null;

    private static Uri? ParseHttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url : null;

    private static int? ParseCount(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 10_000 ? count : null;

    private static string? ParseSqliteFile(string text) =>
        text.StartsWith("sqlite:", StringComparison.Ordinal) && text.Length > "sqlite:".Length ? text["sqlite:".Length..] : null;

    private static IReadOnlyList<IPNetwork>? ParseNetworks(string text)
    {
        var networks = new List<IPNetwork>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IPNetwork.TryParse(part, out IPNetwork network))
            {
                return null;
            }

            networks.Add(network);
        }

        return networks;
    }

    private static IReadOnlySet<string>? ParseTakeOver(string text)
    {
        var routes = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        return routes.IsSubsetOf(TakeOverRoutes) ? routes : null;
    }

    private static LogLevel? ParseLogLevel(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => null,
    };
}
