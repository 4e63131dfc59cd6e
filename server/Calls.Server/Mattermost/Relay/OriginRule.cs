namespace Calls.Server.Mattermost.Relay;

/// <summary>Mattermost's origin check of upgrades (signaling.md 1.3), done before anything is dialled.</summary>
internal static class OriginRule
{
    /// <summary>Whether an upgrade from this origin is allowed.</summary>
    /// <param name="origin">The Origin header, or <c>null</c> without one.</param>
    /// <param name="host">The Host header.</param>
    /// <param name="allowCorsFrom">Mattermost's setting: empty, <c>*</c> or a list separated by spaces.</param>
    /// <param name="siteUrl">Empty if Mattermost has none.</param>
    public static bool Allows(string? origin, string host, string allowCorsFrom, string siteUrl)
    {
        if (string.IsNullOrEmpty(origin) || allowCorsFrom == "*")
        {
            return true;
        }

        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) || from.Host.Length == 0)
        {
            return false; // "null" among others
        }

        string asked = Normalise(from);
        bool hasSite = Uri.TryCreate(siteUrl, UriKind.Absolute, out Uri? site);
        if (allowCorsFrom.Length == 0)
        {
            return hasSite ? asked == Normalise(site!) : string.Equals(from.Authority, host, StringComparison.OrdinalIgnoreCase);
        }

        return (hasSite && asked == Normalise(site!))
            || allowCorsFrom.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Any(allowed => allowed == origin || (Uri.TryCreate(allowed, UriKind.Absolute, out Uri? listed) && Normalise(listed) == asked));
    }

    /// <summary>Mobile sends the WebSocket scheme where Mattermost knows only the other one (mattermost-integration.md 3.15, 9.5).</summary>
    public static bool NeedsSiteOrigin(string? origin) =>
        origin is not null
        && (origin.StartsWith("ws:", StringComparison.OrdinalIgnoreCase) || origin.StartsWith("wss:", StringComparison.OrdinalIgnoreCase));

    // Scheme, host and port; Uri lowers the case of scheme and host and drops default ports.
    private static string Normalise(Uri uri)
    {
        string scheme = uri.Scheme switch
        {
            "ws" => "http",
            "wss" => "https",
            _ => uri.Scheme,
        };
        return $"{scheme}://{uri.Authority}";
    }
}
