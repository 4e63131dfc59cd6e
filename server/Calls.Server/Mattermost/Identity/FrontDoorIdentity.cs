using System.Security.Cryptography;
using System.Text;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Identity;

/// <summary>Who makes a REST request, as Mattermost's front door would say (rest-api.md 1.3, mattermost-integration.md 9.1 to 9.3).</summary>
internal sealed class FrontDoorIdentity(TokenIdentity tokens, MattermostClient rest, SettingsCache settings, GatewayOptions options, TimeProvider time)
{
    // The list of sessions comes from a replica that may lag right after a log-in.
    private static readonly TimeSpan ReplicaLag = TimeSpan.FromMilliseconds(500);

    private readonly ExpiringCache<string, string> _matchedCsrf = new(TokenIdentity.Capacity, time);

    /// <summary>Resolves the request's token; <see cref="IdentityResult.Unknown"/> is to become 503, never 401.</summary>
    public async Task<(IdentityResult Result, UserId User, HostAuth? Auth)> ResolveAsync(HttpContext context)
    {
        (string? token, bool isCookie) = FindToken(context.Request);
        if (token is null)
        {
            return (IdentityResult.Unauthenticated, new UserId(""), null);
        }

        TokenIdentityAnswer answer = await tokens.ResolveAsync(token, context.RequestAborted);
        IdentityResult result = answer.Result;
        if (result == IdentityResult.Valid && isCookie && !HttpMethods.IsGet(context.Request.Method))
        {
            result = await CheckCsrfAsync(context, token);
        }

        return result == IdentityResult.Valid
            ? (result, answer.User, new TokenAuth(token))
            : (result, new UserId(""), null);
    }

    // Not the order of the WebSocket: a browser may send a cookie and a header at once.
    private static (string? Token, bool IsCookie) FindToken(HttpRequest request)
    {
        if (UpgradeToken.FromHeader(request) is { } header)
        {
            return (header, false);
        }

        return request.Cookies[UpgradeToken.CookieName] is { Length: > 0 } cookie ? (cookie, true) : (UpgradeToken.FromQuery(request), false);
    }

    private async Task<IdentityResult> CheckCsrfAsync(HttpContext context, string token)
    {
        bool isStrict = settings.Current?.StrictCsrf ?? true;
        if (!isStrict && context.Request.Headers.XRequestedWith == "XMLHttpRequest")
        {
            return IdentityResult.Valid;
        }

        string presented = await PresentedCsrfAsync(context);
        if (presented.Length == 0)
        {
            return IdentityResult.Unauthenticated;
        }

        string key = TokenIdentity.KeyOf(token);
        if (_matchedCsrf.TryGet(key, out string? matched) && AreEqual(matched, presented))
        {
            return IdentityResult.Valid;
        }

        IdentityResult result = await CompareAsync(token, presented, context.RequestAborted);
        if (result == IdentityResult.Unauthenticated)
        {
            await Task.Delay(ReplicaLag, time, context.RequestAborted);
            result = await CompareAsync(token, presented, context.RequestAborted);
        }

        if (result == IdentityResult.Valid)
        {
            _matchedCsrf.Set(key, presented, options.Timings.TokenLifetime);
        }

        return result;
    }

    private static async Task<string> PresentedCsrfAsync(HttpContext context)
    {
        string header = context.Request.Headers["X-CSRF-Token"].ToString();
        if (header.Length > 0 || !context.Request.HasFormContentType)
        {
            return header;
        }

        try
        {
            IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
            return form["csrf"].ToString();
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return "";
        }
    }

    // Any session of this user: a cross-site attacker knows none of them, and which one the token is cannot be told.
    private async Task<IdentityResult> CompareAsync(string token, string presented, CancellationToken cancellation)
    {
        try
        {
            RestAnswer sessions = await rest.SendAsync(
                HttpMethod.Get, "/users/me/sessions", token, null, RestPriority.Token, isRepeatable: true, cancellation);
            return sessions.Body.Items().Any(session => AreEqual(session.Member("props").Text("csrf"), presented))
                ? IdentityResult.Valid
                : IdentityResult.Unauthenticated;
        }
        catch (ChatHostException)
        {
            return IdentityResult.Unknown;
        }
    }

    private static bool AreEqual(string known, string presented) =>
        known.Length > 0 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known), Encoding.UTF8.GetBytes(presented));
}
