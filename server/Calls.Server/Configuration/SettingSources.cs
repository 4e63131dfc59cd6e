using System.Text;
using System.Text.Json;

namespace Calls.Server.Configuration;

/// <summary>
/// Where settings come from: command line, environment, one JSON file. A key is looked up in that order, by its name in
/// the file (PascalCase) and as <c>MM_CALLS_UPPER_SNAKE</c> in the environment (configuration.md 5.1).
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

    /// <summary>Our own keys that the file names, to find misspelt ones.</summary>
    public IEnumerable<string> OwnKeysOfFile => _own.Keys;

    /// <summary>The value of one of our own keys and where it comes from.</summary>
    public (string Value, SettingOrigin Origin)? Own(string key) =>
        FromCommandLineOrEnvironment(key) ?? (_own.TryGetValue(key, out JsonElement value) ? (TextOf(value), SettingOrigin.File) : null);

    /// <summary>The value of a plugin setting and where it comes from; JSON text for a value of the file.</summary>
    public (JsonElement? Json, string? Text, SettingOrigin Origin)? Plugin(string key)
    {
        if (FromCommandLineOrEnvironment(key) is var (text, origin))
        {
            return (null, text, origin);
        }

        return _plugin.TryGetValue(key, out JsonElement value) ? (value, null, SettingOrigin.File) : null;
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
