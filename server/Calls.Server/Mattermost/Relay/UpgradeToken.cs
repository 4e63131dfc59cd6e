using Microsoft.Extensions.Primitives;

namespace Calls.Server.Mattermost.Relay;

/// <summary>Which token Mattermost takes from an upgrade (mattermost-integration.md 9.1): cookie, bearer, token, query.</summary>
internal static class UpgradeToken
{
    public const string CookieName = "MMAUTHTOKEN";
    public const int MaxLength = 50;

    public static string? Find(HttpRequest request)
    {
        string? token = request.Cookies[CookieName] is { Length: > 0 } cookie ? cookie : FromHeader(request) ?? FromQuery(request);
        return token is null ? null : Shorten(token);
    }

    /// <summary>Mattermost looks at the first 50 characters only.</summary>
    public static string Shorten(string token) => token.Length > MaxLength ? token[..MaxLength] : token;

    public static string? FromHeader(HttpRequest request)
    {
        StringValues header = request.Headers.Authorization;
        string value = header.Count > 0 ? header[0] ?? "" : "";
        return After(value, "Bearer ") ?? After(value, "token ");
    }

    public static string? FromQuery(HttpRequest request) =>
        request.Query.TryGetValue("access_token", out StringValues values) && values[0] is { Length: > 0 } token ? token : null;

    private static string? After(string value, string scheme) =>
        value.Length > scheme.Length && value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? value[scheme.Length..] : null;
}
