using System.Text;
using System.Text.Json;

namespace Calls.Server.Configuration;

/// <summary>
/// Where settings come from: command line, environment, one JSON file, and for the plugin's settings Mattermost's System
/// Console. A key is looked up in that order, by its name in the file (PascalCase) and as <c>MM_CALLS_UPPER_SNAKE</c> in the
/// environment (configuration.md 5.1).
/// </summary>
internal sealed class SettingSources
{
    private const string PluginId = "com.mattermost.calls";
    private const string EnvironmentPrefix = "MM_CALLS_";

    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly IReadOnlyDictionary<string, string> _commandLine;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Dictionary<string, JsonElement> _own = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, JsonElement> _plugin = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, JsonElement> _console = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="file">Text of the settings file, or <c>null</c>: our own keys with <c>PluginSettings</c>, a Mattermost
    /// <c>config.json</c>, or just the plugin's flat object.</param>
    /// <param name="isPluginKey">Tells the plugin's settings from our own keys in a flat object.</param>
    /// <param name="fileName">How the file is called when it is the fault.</param>
    /// <exception cref="ConfigurationException">The file is not a JSON object.</exception>
    public SettingSources(
        IReadOnlyDictionary<string, string> commandLine,
        IReadOnlyDictionary<string, string> environment,
        string? file,
        Predicate<string> isPluginKey,
        string fileName = "settings file")
    {
        _commandLine = commandLine;
        _environment = environment;
        if (file is not null)
        {
            ReadFile(file, fileName, isPluginKey);
        }
    }

    private SettingSources(
        IReadOnlyDictionary<string, string> commandLine,
        IReadOnlyDictionary<string, string> environment,
        Dictionary<string, JsonElement> own,
        Dictionary<string, JsonElement> plugin) =>
        (_commandLine, _environment, _own, _plugin) = (commandLine, environment, own, plugin);

    /// <summary>Nothing is set anywhere.</summary>
    public static SettingSources Empty { get; } =
        new(new Dictionary<string, string>(), new Dictionary<string, string>(), file: null, static _ => false);

    /// <summary>Our own keys that the file names, to find misspelt ones.</summary>
    public IEnumerable<string> OwnKeysOfFile => _own.Keys;

    /// <summary>The value of one of our own keys and where it comes from.</summary>
    public (string Value, SettingOrigin Origin)? Own(string key) =>
        FromCommandLineOrEnvironment(key) ?? (_own.TryGetValue(key, out JsonElement value) ? (TextOf(value), SettingOrigin.File) : null);

    /// <summary>The values given for a plugin setting, the one that counts first.</summary>
    public IEnumerable<GivenSetting> Plugin(string key)
    {
        if (FromCommandLineOrEnvironment(key) is var (text, origin))
        {
            yield return new(text, null, origin);
        }

        // Their older names count less than the new ones (configuration.md 5.2, 5.3).
        if (OlderName(key) is { } older && _environment.TryGetValue(older, out string? old) && old.Length > 0)
        {
            yield return new(old, null, SettingOrigin.Environment, older);
        }

        if (_plugin.TryGetValue(key, out JsonElement saved) && saved.ValueKind != JsonValueKind.Null)
        {
            yield return new(null, saved, SettingOrigin.File);
        }

        if (_console.TryGetValue(key, out JsonElement console) && console.ValueKind != JsonValueKind.Null)
        {
            yield return new(null, console, SettingOrigin.Console);
        }
    }

    /// <summary>A variable that is no setting, such as <c>MM_CALLS_DISABLE</c>.</summary>
    public string? Variable(string name) => _environment.GetValueOrDefault(name);

    /// <summary>The same sources with what Mattermost's System Console saved below them.</summary>
    /// <param name="saved">The plugin's object, keys in any case; undefined if there is none.</param>
    public SettingSources WithConsole(JsonElement saved)
    {
        SettingSources copy = new(_commandLine, _environment, _own, _plugin);
        if (saved.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in saved.EnumerateObject())
            {
                copy._console[property.Name] = property.Value;
            }
        }

        return copy;
    }

    /// <summary><c>UDPServerPort</c> to <c>MM_CALLS_UDP_SERVER_PORT</c> (configuration.md 5.1).</summary>
    public static string EnvironmentName(string key)
    {
        var name = new StringBuilder(EnvironmentPrefix, EnvironmentPrefix.Length + (2 * key.Length));
        for (int i = 0; i < key.Length; i++)
        {
            bool startsWord = i > 0 && char.IsUpper(key[i])
                && (!char.IsUpper(key[i - 1]) || (i + 1 < key.Length && char.IsLower(key[i + 1])));
            if (startsWord)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(key[i]));
        }

        return name.ToString();
    }

    private static string? OlderName(string key) => key switch
    {
        "RTCDServiceURL" => "MM_CALLS_RTCD_URL",
        "MaxCallParticipants" => "MM_CALLS_MAX_PARTICIPANTS",
        _ => null,
    };

    private (string Value, SettingOrigin Origin)? FromCommandLineOrEnvironment(string key)
    {
        if (_commandLine.TryGetValue(key, out string? given))
        {
            return (given, SettingOrigin.CommandLine);
        }

        if (_environment.TryGetValue(EnvironmentName(key), out string? variable))
        {
            return (variable, SettingOrigin.Environment);
        }

        // The derived name of EnableIPv6 is ENABLE_I_PV6; people write the one they would expect, and both count.
        return key == "EnableIPv6" && _environment.TryGetValue(EnvironmentPrefix + "ENABLE_IPV6", out string? expected)
            ? (expected, SettingOrigin.Environment)
            : null;
    }

    private void ReadFile(string file, string fileName, Predicate<string> isPluginKey)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(file, WithComments);
            root = document.RootElement.Clone();
        }
        catch (JsonException malformed)
        {
            throw new ConfigurationException([new(fileName, SettingOrigin.File, null, $"is not valid JSON (line {malformed.LineNumber + 1})")]);
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException([new(fileName, SettingOrigin.File, null, "must contain one JSON object")]);
        }

        // A Mattermost config.json has many sections; only the plugin's part of it is ours.
        bool isMattermostConfig = root.TryGetProperty("ServiceSettings", out _);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.NameEquals("PluginSettings"))
            {
                ReadPluginSettings(property.Value);
            }
            else if (isPluginKey(property.Name))
            {
                _plugin[property.Name] = property.Value;
            }
            else if (!isMattermostConfig)
            {
                _own[property.Name] = property.Value;
            }
        }
    }

    private void ReadPluginSettings(JsonElement pluginSettings)
    {
        if (pluginSettings.ValueKind == JsonValueKind.Object
            && pluginSettings.TryGetProperty("Plugins", out JsonElement plugins) && plugins.ValueKind == JsonValueKind.Object
            && plugins.TryGetProperty(PluginId, out JsonElement ours) && ours.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in ours.EnumerateObject())
            {
                _plugin[property.Name] = property.Value;
            }
        }
    }

    private static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
