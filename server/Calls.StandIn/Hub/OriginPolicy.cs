namespace Calls.StandIn.Hub;

/// <summary>Which origins may open a WebSocket (signaling.md 1.3).</summary>
internal static class OriginPolicy
{
    /// <param name="origin">The header's value, empty when absent.</param>
    /// <param name="host">The request's Host header.</param>
    /// <param name="allowCorsFrom">The setting of that name.</param>
    /// <param name="siteUrl">The setting of that name.</param>
    public static bool Allows(string origin, string host, string allowCorsFrom, string siteUrl)
    {
        if (allowCorsFrom == "*")
        {
            return true;
        }

        if (allowCorsFrom.Length > 0)
        {
            string site = Uri.TryCreate(siteUrl, UriKind.Absolute, out Uri? url) ? url.GetLeftPart(UriPartial.Authority) : "";
            return origin.Length == 0 || origin == site || allowCorsFrom.Split(' ').Contains(origin);
        }

        if (origin.Length == 0)
        {
            return true;
        }

        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? given))
        {
            return false;
        }

        if (siteUrl.Length == 0)
        {
            return string.Equals(given.Authority, host, StringComparison.OrdinalIgnoreCase);
        }

        return Uri.TryCreate(siteUrl, UriKind.Absolute, out Uri? expected)
            && string.Equals(given.Scheme, expected.Scheme, StringComparison.OrdinalIgnoreCase)
            && string.Equals(given.Authority, expected.Authority, StringComparison.OrdinalIgnoreCase);
    }
}
