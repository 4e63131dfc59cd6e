using System.Text.RegularExpressions;

namespace Calls.Server.Commands.Pack;

/// <summary>Versions as Mattermost takes them for plugins: semantic, without a <c>v</c> (configuration.md 10).</summary>
internal static partial class PluginVersion
{
    public static bool IsValid(string? text) => text is not null && Semantic().IsMatch(text);

    [GeneratedRegex(@"\A(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Semantic();
}
