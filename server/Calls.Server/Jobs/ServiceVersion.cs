using System.Globalization;

namespace Calls.Server.Jobs;

/// <summary>Whether another service is new enough (configuration.md 10).</summary>
internal static class ServiceVersion
{
    /// <returns><c>null</c> if it is, or if it was not built from a release; else why not.</returns>
    public static string? Check(string current, string minimum)
    {
        if (current is "" or "master" || current.StartsWith("dev", StringComparison.Ordinal))
        {
            return null;
        }

        if (Parse(current) is not { } found)
        {
            return $"minimum version check failed: {current} is not a version";
        }

        return found >= Parse(minimum)
            ? null
            : $"minimum version check failed: current version ({current}) is lower than minimum supported version ({minimum})";
    }

    // A pre-release counts as the release that it comes before: what it lacks cannot be told from its number.
    private static Version? Parse(string text)
    {
        string[] parts = text.TrimStart('v').Split('-', '+')[0].Split('.');
        return parts.Length == 3 && parts.All(static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? new Version(string.Join('.', parts))
            : null;
    }
}
