using System.Globalization;
using System.Net;
using System.Text.Json;
using Calls.Rtc.Ice;

namespace Calls.Server.Configuration;

/// <summary>Reads the plugin's settings from their sources and validates them with the plugin's own texts (configuration.md 3, 5).</summary>
internal sealed class CallsSettingsReader(SettingSources sources, CallsSettings defaults)
{
    private const int MaxTurnMinutes = 7 * 24 * 60;

    private static readonly string[] Qualities = ["low", "medium", "high"];

    private readonly List<ConfigurationFault> _faults = [];
    private readonly List<string> _warnings = [];

    /// <summary>What was accepted but has no effect, one sentence each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Whether a key of a flat settings object is the plugin's and not the sidecar's own.</summary>
    public static bool IsPluginKey(string key) =>
        typeof(CallsSettings).GetProperties().Any(property => property.Name.Equals(key, StringComparison.OrdinalIgnoreCase));

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
            ICEServers = [.. Text(nameof(CallsSettings.ICEServers), "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            TURNStaticAuthSecret = Text(nameof(CallsSettings.TURNStaticAuthSecret), defaults.TURNStaticAuthSecret),
            TURNCredentialsExpirationMinutes = Int(nameof(CallsSettings.TURNCredentialsExpirationMinutes), defaults.TURNCredentialsExpirationMinutes),
            ServerSideTURN = Bool(nameof(CallsSettings.ServerSideTURN), defaults.ServerSideTURN),
            EnableRecordings = Bool(nameof(CallsSettings.EnableRecordings), defaults.EnableRecordings),
            MaxRecordingDuration = Int(nameof(CallsSettings.MaxRecordingDuration), defaults.MaxRecordingDuration),
            RecordingQuality = Text(nameof(CallsSettings.RecordingQuality), defaults.RecordingQuality),
        };
        Validate(settings);
        return _faults.Count == 0 ? settings : throw new ConfigurationException(_faults);
    }

    private void Validate(CallsSettings settings)
    {
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
            _faults.Add(new(key, sources.Plugin(key)?.Origin ?? SettingOrigin.Default, null, text));
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
        if (sources.Plugin(key) is not var (json, text, origin))
        {
            return fallback;
        }

        switch (json?.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                return json.Value.GetBoolean();
            case JsonValueKind.Null:
                return fallback;
        }

        switch (text)
        {
            case "1" or "t" or "T" or "TRUE" or "true" or "True":
                return true;
            case "0" or "f" or "F" or "FALSE" or "false" or "False":
                return false;
            default:
                _faults.Add(new(key, origin, text ?? json?.GetRawText(), "true or false is expected"));
                return fallback;
        }
    }

    private int Int(string key, int fallback)
    {
        if (sources.Plugin(key) is not var (json, text, origin) || json?.ValueKind == JsonValueKind.Null)
        {
            return fallback;
        }

        if (json is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value)
            || text is not null && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return value;
        }

        _faults.Add(new(key, origin, text ?? json?.GetRawText(), "a whole number is expected"));
        return fallback;
    }

    private string Text(string key, string fallback)
    {
        if (sources.Plugin(key) is not var (json, text, origin) || json?.ValueKind == JsonValueKind.Null)
        {
            return fallback;
        }

        if ((text ?? (json?.ValueKind == JsonValueKind.String ? json.Value.GetString() : null)) is { } value)
        {
            return value;
        }

        _faults.Add(new(key, origin, null, "a text is expected"));
        return fallback;
    }

    // 0 passes the plugin's validation and means "unset" (configuration.md 3).
    private int? OptionalPort()
    {
        int port = Int(nameof(CallsSettings.ICEHostPortOverride), 0);
        if (port != 0)
        {
            RequirePort(nameof(CallsSettings.ICEHostPortOverride), port);
        }

        return port == 0 ? null : port;
    }

    /// <summary>A JSON array: as text in the stored form, as itself in our own file.</summary>
    private IReadOnlyList<IceServer> IceServers()
    {
        const string Key = nameof(CallsSettings.ICEServersConfigs);
        if (sources.Plugin(Key) is not var (json, text, origin))
        {
            return defaults.ICEServersConfigs;
        }

        string raw = text ?? (json!.Value.ValueKind == JsonValueKind.String ? json.Value.GetString()! : json.Value.GetRawText());
        if (raw is "" or "null")
        {
            return [];
        }

        try
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

            if (!servers.All(static server => AllStart(server, "stun:", "stuns:") || AllStart(server, "turn:", "turns:")))
            {
                throw new FormatException("URL is not a valid STUN/TURN server");
            }

            return servers;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            string reason = malformed is FormatException ? malformed.Message : "a JSON list of {\"urls\": [...]} is expected";
            _faults.Add(new(Key, origin, null, $"invalid ICEServers value: {reason}"));
            return [];
        }
    }

    private static IceServer ParseIceServer(JsonElement server) => new(
        [.. server.GetProperty("urls").EnumerateArray().Select(static url => url.GetString()!)],
        server.TryGetProperty("username", out JsonElement username) ? username.GetString() ?? "" : "",
        server.TryGetProperty("credential", out JsonElement credential) ? credential.GetString() ?? "" : "");

    private static bool AllStart(IceServer server, string scheme, string secureScheme) => server.Urls.All(url =>
        url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || url.StartsWith(secureScheme, StringComparison.OrdinalIgnoreCase));
}
