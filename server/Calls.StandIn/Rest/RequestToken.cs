using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>The token of a request: cookie, then <c>Bearer</c>, then <c>token</c>, then query (mattermost-integration.md 9.1).</summary>
internal readonly record struct RequestToken(string Value, TokenLocation Location)
{
    private const int MaxLength = 50;

    public static RequestToken Of(HttpRequest request)
    {
        if (request.Cookies.TryGetValue("MMAUTHTOKEN", out string? cookie) && cookie.Length > 0)
        {
            return new RequestToken(Cut(cookie), TokenLocation.Cookie);
        }

        string header = request.Headers.Authorization.ToString();
        foreach (string scheme in (ReadOnlySpan<string>)["bearer ", "token "])
        {
            if (header.Length > scheme.Length && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return new RequestToken(Cut(header[scheme.Length..]), TokenLocation.Header);
            }
        }

        string query = request.Query["access_token"].ToString();
        return query.Length > 0 ? new RequestToken(Cut(query), TokenLocation.Query) : default;
    }

    private static string Cut(string token) => token.Length > MaxLength ? token[..MaxLength] : token;

    public override string ToString() => $"token in {Location}";
}
