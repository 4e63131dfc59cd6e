using System.Text.Json;

namespace Calls.Server.Configuration;

/// <summary>Puts the plugin's settings together: environment over file over System Console over defaults, then what Cloud and licence decide.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SettingsLoader(SettingSources sources, CallsSettings defaults, LicenseGate gate)
{
    private const int StarterParticipants = 8;
    private const int CloudParticipants = 200;

    // Mattermost masks these once the installed manifest calls them secret; until then it has told them.
    private static readonly string[] Secrets = [nameof(CallsSettings.ICEServersConfigs), nameof(CallsSettings.TURNStaticAuthSecret)];

    private readonly Dictionary<string, JsonElement> _lastKnown = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings that only a start takes up (configuration.md 2, column Restart).</summary>
    public static IReadOnlyList<string> AtStart { get; } =
    [
        nameof(CallsSettings.RTCDServiceURL), nameof(CallsSettings.UDPServerAddress), nameof(CallsSettings.TCPServerAddress),
        nameof(CallsSettings.UDPServerPort), nameof(CallsSettings.TCPServerPort), nameof(CallsSettings.EnableIPv6),
        nameof(CallsSettings.ICEHostOverride), nameof(CallsSettings.ICEHostPortOverride), nameof(CallsSettings.ServerSideTURN),
    ];

    /// <summary>The names of the settings of <see cref="AtStart"/> that differ.</summary>
    public static IReadOnlyList<string> NeedRestart(CallsSettings before, CallsSettings after) =>
        [.. AtStart.Where(key => !Equals(ValueOf(before, key), ValueOf(after, key)))];

    public LoadedSettings Load(MattermostFacts facts)
    {
        var reader = new CallsSettingsReader(sources.WithConsole(Recall(facts.PluginSettings)), defaults);
        try
        {
            return new LoadedSettings(Complete(reader.Read(), reader, facts), [], reader.Warnings, reader.Overrides);
        }
        catch (ConfigurationException refused)
        {
            return new LoadedSettings(null, refused.Faults, reader.Warnings, reader.Overrides);
        }
    }

    // configuration.md 5.3: Cloud decides over what is saved, the environment over Cloud, but not for DefaultEnabled.
    private CallsSettings Complete(CallsSettings settings, CallsSettingsReader reader, MattermostFacts facts)
    {
        MattermostLicense license = facts.License;
        bool isSaved = reader.OriginOf(nameof(CallsSettings.MaxCallParticipants)) >= SettingOrigin.Console;
        return settings with
        {
            DefaultEnabled = settings.DefaultEnabled || license.IsCloud,
            MaxCallParticipants = license.IsCloud && isSaved
                ? license.Sku == "starter" ? StarterParticipants : CloudParticipants
                : settings.MaxCallParticipants,
            SkuShortName = license.ShownSku,
            IsCloud = license.IsCloud,
            ShowFullName = facts.ShowFullName,
            Licensed = gate.Evaluate(license, facts.IsDeveloper),
        };
    }

    private JsonElement Recall(JsonElement saved)
    {
        if (saved.ValueKind != JsonValueKind.Object)
        {
            return saved;
        }

        Dictionary<string, JsonElement> recalled = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in saved.EnumerateObject())
        {
            recalled[property.Name] = property.Value;
        }

        foreach (string secret in Secrets)
        {
            if (!recalled.TryGetValue(secret, out JsonElement value))
            {
                _lastKnown.Remove(secret);
            }
            else if (!new GivenSetting(null, value, SettingOrigin.Console).IsMasked)
            {
                _lastKnown[secret] = value;
            }
            else if (_lastKnown.TryGetValue(secret, out JsonElement known))
            {
                recalled[secret] = known;
            }
        }

        return JsonSerializer.SerializeToElement(recalled);
    }

    private static object? ValueOf(CallsSettings settings, string key) => typeof(CallsSettings).GetProperty(key)!.GetValue(settings);
}
