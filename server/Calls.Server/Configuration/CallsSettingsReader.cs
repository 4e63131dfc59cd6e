using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Calls.Rtc.Ice;

namespace Calls.Server.Configuration;

/// <summary>Reads the plugin's settings from their sources and validates them with the plugin's own texts (configuration.md 3, 5).</summary>
internal sealed class CallsSettingsReader(SettingSources sources, CallsSettings defaults)
{
    private const int MaxTurnMinutes = 7 * 24 * 60;

    private static readonly string[] Qualities = ["low", "medium", "high"];
    private static readonly string[] ModelSizes = ["tiny", "base", "small", "medium", "large"];
    private static readonly string[] TranscribeApis = ["whisper.cpp", "openai/whisper", "azure"];

    /// <summary>Computed by us whatever is given, but shown as overridden when the environment names them (configuration.md 5.1).</summary>
    private static readonly string[] Computed = ["AllowEnableCalls", "NeedsTURNCredentials", "sku_short_name", "HostControlsAllowed", "GroupCallsAllowed"];

    /// <summary>Facts of Mattermost's that are kept beside the settings.</summary>
    private static readonly string[] NotSettings = [nameof(CallsSettings.ShowFullName), nameof(CallsSettings.SkuShortName), nameof(CallsSettings.IsCloud), nameof(CallsSettings.Licensed)];

    private readonly List<ConfigurationFault> _faults = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, SettingOrigin> _origins = [];
    private readonly SortedDictionary<string, string> _overrides = new(StringComparer.Ordinal);

    /// <summary>The plugin's settings by name (configuration.md 2).</summary>
    public static IReadOnlyList<string> Keys { get; } =
        [.. typeof(CallsSettings).GetProperties().Select(static property => property.Name).Where(static name => !NotSettings.Contains(name))];

    /// <summary>What was accepted but has no effect, and what was ignored, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Settings that environment or file decide, with the text as given (rest-api.md 3.3).</summary>
    public IReadOnlyDictionary<string, string> Overrides => _overrides;

    /// <summary>Whether a key of a flat settings object is the plugin's and not the sidecar's own.</summary>
    public static bool IsPluginKey(string key) => Keys.Contains(key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Where the value in effect comes from. Meaningful after <see cref="Read"/>.</summary>
    public SettingOrigin OriginOf(string key) => _origins.GetValueOrDefault(key, SettingOrigin.Default);

    /// <exception cref="ConfigurationException">One or more values cannot be used.</exception>
    public CallsSettings Read()
    {
        var settings = defaults with
        {
            DefaultEnabled = Bool(nameof(CallsSettings.DefaultEnabled), defaults.DefaultEnabled),
            MaxCallParticipants = Int(nameof(CallsSettings.MaxCallParticipants), defaults.MaxCallParticipants),
            AllowScreenSharing = Bool(nameof(CallsSettings.AllowScreenSharing), defaults.AllowScreenSharing),
            EnableSimulcast = Bool(nameof(CallsSettings.EnableSimulcast), defaults.EnableSimulcast),
            EnableRinging = Bool(nameof(CallsSettings.EnableRinging), defaults.EnableRinging),
            EnableAV1 = Bool(nameof(CallsSettings.EnableAV1), defaults.EnableAV1),
            EnableDCSignaling = Bool(nameof(CallsSettings.EnableDCSignaling), defaults.EnableDCSignaling),
            EnableVideo = Bool(nameof(CallsSettings.EnableVideo), defaults.EnableVideo),
            RTCDServiceURL = Text(nameof(CallsSettings.RTCDServiceURL), defaults.RTCDServiceURL).Trim(),
            UDPServerAddress = Text(nameof(CallsSettings.UDPServerAddress), defaults.UDPServerAddress).Trim(),
            UDPServerPort = Int(nameof(CallsSettings.UDPServerPort), defaults.UDPServerPort),
            TCPServerAddress = Text(nameof(CallsSettings.TCPServerAddress), defaults.TCPServerAddress).Trim(),
            TCPServerPort = Int(nameof(CallsSettings.TCPServerPort), defaults.TCPServerPort),
            EnableIPv6 = Bool(nameof(CallsSettings.EnableIPv6), defaults.EnableIPv6),
            ICEHostOverride = Text(nameof(CallsSettings.ICEHostOverride), defaults.ICEHostOverride).Trim(),
            ICEHostPortOverride = OptionalPort(),
            ICEServersConfigs = IceServers(),
            ICEServers = LegacyIceServers(),
            TURNStaticAuthSecret = Text(nameof(CallsSettings.TURNStaticAuthSecret), defaults.TURNStaticAuthSecret),
            TURNCredentialsExpirationMinutes = Int(nameof(CallsSettings.TURNCredentialsExpirationMinutes), defaults.TURNCredentialsExpirationMinutes),
            ServerSideTURN = Bool(nameof(CallsSettings.ServerSideTURN), defaults.ServerSideTURN),
            EnableRecordings = Bool(nameof(CallsSettings.EnableRecordings), defaults.EnableRecordings),
            JobServiceURL = Text(nameof(CallsSettings.JobServiceURL), defaults.JobServiceURL).Trim(),
            MaxRecordingDuration = Int(nameof(CallsSettings.MaxRecordingDuration), defaults.MaxRecordingDuration),
            RecordingQuality = Text(nameof(CallsSettings.RecordingQuality), defaults.RecordingQuality),
            EnableTranscriptions = Bool(nameof(CallsSettings.EnableTranscriptions), defaults.EnableTranscriptions),
            TranscribeAPI = Text(nameof(CallsSettings.TranscribeAPI), defaults.TranscribeAPI),
            TranscriberModelSize = Text(nameof(CallsSettings.TranscriberModelSize), defaults.TranscriberModelSize),
            TranscriberNumThreads = Int(nameof(CallsSettings.TranscriberNumThreads), defaults.TranscriberNumThreads),
            TranscribeAPIAzureSpeechKey = Text(nameof(CallsSettings.TranscribeAPIAzureSpeechKey), defaults.TranscribeAPIAzureSpeechKey),
            TranscribeAPIAzureSpeechRegion = Text(nameof(CallsSettings.TranscribeAPIAzureSpeechRegion), defaults.TranscribeAPIAzureSpeechRegion),
            EnableLiveCaptions = Bool(nameof(CallsSettings.EnableLiveCaptions), defaults.EnableLiveCaptions),
            LiveCaptionsModelSize = Text(nameof(CallsSettings.LiveCaptionsModelSize), defaults.LiveCaptionsModelSize),
            LiveCaptionsNumTranscribers = Int(nameof(CallsSettings.LiveCaptionsNumTranscribers), defaults.LiveCaptionsNumTranscribers),
            LiveCaptionsNumThreadsPerTranscriber = Int(nameof(CallsSettings.LiveCaptionsNumThreadsPerTranscriber), defaults.LiveCaptionsNumThreadsPerTranscriber),
            LiveCaptionsLanguage = Text(nameof(CallsSettings.LiveCaptionsLanguage), defaults.LiveCaptionsLanguage),
        };
        ListComputed();
        Validate(settings);
        return _faults.Count == 0 ? settings : throw new ConfigurationException(_faults);
    }

    // In the plugin's order: the first fault is the one that it would name (configuration.md 3).
    private void Validate(CallsSettings settings)
    {
        bool isTranscribing = settings.EnableRecordings && settings.EnableTranscriptions;
        bool isCaptioning = isTranscribing && settings.EnableLiveCaptions;
        Require(IsAddress(settings.UDPServerAddress), "UDPServerAddress", "UDPServerAddress parsing failed");
        Require(IsAddress(settings.TCPServerAddress), "TCPServerAddress", "TCPServerAddress parsing failed");
        Require(
            settings.ICEHostOverride.Length == 0 || IceHostOverride.TryParse(settings.ICEHostOverride, out _),
            "ICEHostOverride",
            "an address, a host name, or a list of external/internal address pairs is expected");
        RequirePort("UDPServerPort", settings.UDPServerPort);
        RequirePort("TCPServerPort", settings.TCPServerPort);
        Require(settings.MaxCallParticipants >= 0, "MaxCallParticipants", "MaxCallParticipants is not valid");
        Require(settings.TURNCredentialsExpirationMinutes >= 0, "TURNCredentialsExpirationMinutes", "TURNCredentialsExpirationMinutes is not valid");
        Require(settings.MaxRecordingDuration is >= 15 and <= 180, "MaxRecordingDuration", "MaxRecordingDuration is not valid: range should be [15, 180]");
        Require(Qualities.Contains(settings.RecordingQuality), "RecordingQuality", "RecordingQuality is not valid");
        Require(!isTranscribing || ModelSizes.Contains(settings.TranscriberModelSize), "TranscriberModelSize", "TranscriberModelSize is not valid");
        Require(!isTranscribing || TranscribeApis.Contains(settings.TranscribeAPI), "TranscribeAPI", "TranscribeAPI is not valid");
        Require(!isTranscribing || settings.TranscriberNumThreads > 0, "TranscriberNumThreads", "TranscriberNumThreads is not valid: should be greater than 0");
        if (settings.ICEHostPortOverride is { } overridingPort)
        {
            RequirePort("ICEHostPortOverride", overridingPort);
        }

        Require(!isCaptioning || ModelSizes.Contains(settings.LiveCaptionsModelSize), "LiveCaptionsModelSize", "LiveCaptionsModelSize is not valid");
        Require(!isCaptioning || settings.LiveCaptionsNumTranscribers > 0, "LiveCaptionsNumTranscribers", "LiveCaptionsNumTranscribers is not valid: should be greater than 0");
        Require(!isCaptioning || settings.LiveCaptionsNumThreadsPerTranscriber > 0, "LiveCaptionsNumThreadsPerTranscriber", "LiveCaptionsNumThreadsPerTranscriber is not valid: should be greater than 0");
        Require(
            !isCaptioning || Encoding.UTF8.GetByteCount(settings.LiveCaptionsLanguage) is 0 or 2,
            "LiveCaptionsLanguage",
            "LiveCaptionsLanguage is not valid: should be a 2-letter ISO 639 set 1 language code, or blank for default");

        Require(settings.RTCDServiceURL.Length == 0, "RTCDServiceURL", "rtcd is not supported by this version; remove it to use the built-in media server");
        if (settings.ServerSideTURN)
        {
            // The reference refuses these when its media server starts (configuration.md 3).
            bool hasSecret = settings.TURNStaticAuthSecret.Length > 0;
            Require(
                !hasSecret || settings.TURNCredentialsExpirationMinutes > 0,
                "TURNCredentialsExpirationMinutes",
                "invalid TURNConfig: invalid CredentialsExpirationMinutes value: should be a positive number");
            Require(
                !hasSecret || settings.TURNCredentialsExpirationMinutes < MaxTurnMinutes,
                "TURNCredentialsExpirationMinutes",
                "invalid TURNConfig: invalid CredentialsExpirationMinutes value: should be less than 1 week");
            _warnings.Add("ServerSideTURN has no effect: this media server needs no relay, clients bring their own.");
        }

        if (settings.EnableSimulcast)
        {
            _warnings.Add("EnableSimulcast: clients send two layers of a screen, this version forwards the first.");
        }
    }

    private void Require(bool holds, string key, string text)
    {
        if (!holds)
        {
            _faults.Add(new(key, OriginOf(key), null, text));
        }
    }

    private void RequirePort(string key, int port) =>
        Require(
            IceListenSettings.ErrorOfPort(key, port) is null,
            key,
            $"{key} is not valid: {port} is not in allowed range [{IceListenSettings.MinPort}, {IceListenSettings.MaxPort}]");

    private static bool IsAddress(string text) => text.Length == 0 || IPAddress.TryParse(text, out _);

    private bool Bool(string key, bool fallback)
    {
        foreach (GivenSetting given in Given(key))
        {
            bool? value = (given.Json?.ValueKind, given.Text) switch
            {
                (JsonValueKind.True, _) => true,
                (JsonValueKind.False, _) => false,
                (_, "1" or "t" or "T" or "TRUE" or "true" or "True") => true,
                (_, "0" or "f" or "F" or "FALSE" or "false" or "False") => false,
                _ => null,
            };
            if (value is { } parsed)
            {
                return Taken(key, given, parsed);
            }

            Refuse(key, given, "true or false is expected");
        }

        return fallback;
    }

    private int Int(string key, int fallback)
    {
        foreach (GivenSetting given in Given(key))
        {
            if ((given.Json is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value))
                || (given.Text is not null && int.TryParse(given.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)))
            {
                return Taken(key, given, value);
            }

            Refuse(key, given, "a whole number is expected");
        }

        return fallback;
    }

    private string Text(string key, string fallback)
    {
        foreach (GivenSetting given in Given(key))
        {
            if (given.Text is not null || given.Json?.ValueKind == JsonValueKind.String)
            {
                return Taken(key, given, given.Raw);
            }

            Refuse(key, given, "a text is expected", isSecret: true);
        }

        return fallback;
    }

    // 0 passes the plugin's validation and means "unset" (configuration.md 3).
    private int? OptionalPort() => Int(nameof(CallsSettings.ICEHostPortOverride), 0) is var port and not 0 ? port : null;

    // Items are trimmed only when they come from the environment (configuration.md 5.1, 7.3).
    private IReadOnlyList<string> LegacyIceServers()
    {
        string text = Text(nameof(CallsSettings.ICEServers), "");
        StringSplitOptions trim = OriginOf(nameof(CallsSettings.ICEServers)) == SettingOrigin.Environment ? StringSplitOptions.TrimEntries : StringSplitOptions.None;
        return [.. text.Split(',', trim | StringSplitOptions.RemoveEmptyEntries)];
    }

    private void ListComputed()
    {
        foreach (string key in Computed)
        {
            string variable = key == "sku_short_name" ? "MM_CALLS_SKU_SHORT_NAME" : SettingSources.EnvironmentName(key);
            if (sources.Variable(variable) is { } text)
            {
                _overrides[key] = text;
            }
        }
    }

    private IEnumerable<GivenSetting> Given(string key)
    {
        foreach (GivenSetting given in sources.Plugin(key))
        {
            if (given.IsMasked)
            {
                _warnings.Add($"{key} ({ConfigurationFault.NameOf(given.Origin)}) is masked, so its value is not known: set {SettingSources.EnvironmentName(key)}, or install the plugin without the secret flag.");
                continue;
            }

            // An empty address does not hide one below it (configuration.md 5.3).
            if (given is { Origin: SettingOrigin.Environment, Text: "" } && key is nameof(CallsSettings.RTCDServiceURL) or nameof(CallsSettings.JobServiceURL) && given.Raw.Length == 0)
            {
                continue;
            }

            yield return given;
        }
    }

    private T Taken<T>(string key, GivenSetting given, T value)
    {
        _origins[key] = given.Origin;
        if (given.Origin is SettingOrigin.CommandLine or SettingOrigin.Environment or SettingOrigin.File && given.Variable != "MM_CALLS_MAX_PARTICIPANTS")
        {
            _overrides[key] = given.Raw;
        }

        if (given.Variable is { } older)
        {
            _warnings.Add($"{older} is an older name; use {SettingSources.EnvironmentName(key)}.");
        }

        return value;
    }

    // A variable that cannot be read is left out of account, as the plugin does; anything else is a fault.
    private void Refuse(string key, GivenSetting given, string expected, bool isSecret = false)
    {
        if (given.Origin == SettingOrigin.Environment)
        {
            string value = isSecret ? "" : $" is \"{given.Text}\"";
            _warnings.Add($"{given.Variable ?? SettingSources.EnvironmentName(key)}{value}: {expected}; it is ignored.");
            return;
        }

        _faults.Add(new(key, given.Origin, isSecret ? null : given.Json?.GetRawText() ?? given.Text, expected));
    }

    /// <summary>A JSON array: as text in the stored form, as itself in our own file.</summary>
    private IReadOnlyList<IceServer> IceServers()
    {
        const string Key = nameof(CallsSettings.ICEServersConfigs);
        foreach (GivenSetting given in Given(Key))
        {
            if (given.Raw is "" or "null")
            {
                return Taken<IReadOnlyList<IceServer>>(Key, given, []);
            }

            try
            {
                return Taken(Key, given, ParseIceServers(given.Raw));
            }
            catch (FormatException unusable)
            {
                // The media server would refuse to start with it, wherever it comes from.
                _faults.Add(new(Key, given.Origin, null, $"invalid ICEServers value: {unusable.Message}"));
                return [];
            }
            catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                Refuse(Key, given, "invalid ICEServers value: a JSON list of {\"urls\": [...]} is expected", isSecret: true);
            }
        }

        return defaults.ICEServersConfigs;
    }

    private static IceServer[] ParseIceServers(string raw)
    {
        using var document = JsonDocument.Parse(raw);
        IceServer[] servers = [.. document.RootElement.EnumerateArray().Select(ParseIceServer)];
        if (servers.Any(static server => server.Urls.Count == 0))
        {
            throw new FormatException("invalid empty URLs");
        }

        if (servers.Any(static server => server.Urls.Any(string.IsNullOrEmpty)))
        {
            throw new FormatException("invalid empty URL");
        }

        return servers.All(static server => AllStart(server, "stun:", "stuns:") || AllStart(server, "turn:", "turns:"))
            ? servers
            : throw new FormatException("URL is not a valid STUN/TURN server");
    }

    private static IceServer ParseIceServer(JsonElement server) => new(
        [.. server.GetProperty("urls").EnumerateArray().Select(static url => url.GetString()!)],
        server.TryGetProperty("username", out JsonElement username) ? username.GetString() ?? "" : "",
        server.TryGetProperty("credential", out JsonElement credential) ? credential.GetString() ?? "" : "");

    private static bool AllStart(IceServer server, string scheme, string secureScheme) => server.Urls.All(url =>
        url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || url.StartsWith(secureScheme, StringComparison.OrdinalIgnoreCase));
}
