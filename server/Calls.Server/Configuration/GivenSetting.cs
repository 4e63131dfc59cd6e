using System.Text.Json;

namespace Calls.Server.Configuration;

/// <summary>A value that one source gives for a plugin setting: text of the command line or environment, or JSON.</summary>
/// <param name="Variable">The environment variable, if it is not the one that the setting's name leads to.</param>
internal readonly record struct GivenSetting(string? Text, JsonElement? Json, SettingOrigin Origin, string? Variable = null)
{
    /// <summary>What Mattermost shows in place of a secret (configuration.md 4).</summary>
    private const string Mask = "********************************";

    /// <summary>The value as text: a JSON string without its quotes, other JSON as it is written.</summary>
    public string Raw => Text ?? (Json is { ValueKind: JsonValueKind.String } json ? json.GetString()! : Json?.GetRawText() ?? "");

    /// <summary>Whether this is only the place of a secret that Mattermost does not tell.</summary>
    public bool IsMasked => Raw == Mask;
}
