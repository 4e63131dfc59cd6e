using System.Security.Cryptography;
using System.Text;
using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Identity;

/// <summary>Who makes a REST request, as Mattermost's front door would say (rest-api.md 1.3, mattermost-integration.md 9.1 to 9.3).</summary>
internal sealed class FrontDoorIdentity(
    TokenIdentity tokens,
    MattermostClient rest,
    SettingsCache settings,
    ConnectionRegistry registry,
    GatewayCounters counters,
    GatewayOptions options,
    TimeProvider time) : IRequestIdentity
{
    // The list of sessions comes from a replica that may lag right after a log-in.
    private static readonly TimeSpan ReplicaLag = TimeSpan.FromMilliseconds(500);

    private readonly ExpiringCache<string, string> _matchedCsrf = new(TokenIdentity.Capacity, time);

    public async ValueTask<RequestIdentity> ResolveAsync(HttpContext context, CancellationToken cancellation)
    {
        (string? token, bool isCookie) = FindToken(context.Request);
        if (token is null)
        {
            return RequestIdentity.Anonymous;
        }

        TokenIdentityAnswer answer = await tokens.ResolveAsync(token, cancellation);
        IdentityResult result = answer.Result;
        if (result == IdentityResult.Valid && isCookie && !HttpMethods.IsGet(context.Request.Method))
        {
            result = await CheckCsrfAsync(context, token, cancellation);
        }

        if (result == IdentityResult.Valid && registry.Of(answer.User).IsEmpty)
        {
            counters.AddWithoutConnection();
        }

        return result switch
        {
            IdentityResult.Valid => RequestIdentity.Known(answer.User, new TokenAuth(token)),
            IdentityResult.Unauthenticated => RequestIdentity.Anonymous,
            _ => RequestIdentity.Undecided,
        };
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

    private async Task<IdentityResult> CheckCsrfAsync(HttpContext context, string token, CancellationToken cancellation)
    {
        bool isStrict = settings.Current?.StrictCsrf ?? true;
        if (!isStrict && context.Request.Headers.XRequestedWith == "XMLHttpRequest")
        {
            return IdentityResult.Valid;
        }

        string presented = await PresentedCsrfAsync(context, cancellation);
        if (presented.Length == 0)
        {
            return IdentityResult.Unauthenticated;
        }

        string key = TokenIdentity.KeyOf(token);
        if (_matchedCsrf.TryGet(key, out string? matched) && AreEqual(matched, presented))
        {
            return IdentityResult.Valid;
        }

        IdentityResult result = await CompareAsync(token, presented, cancellation);
        if (result == IdentityResult.Unauthenticated)
        {
            await Task.Delay(ReplicaLag, time, cancellation);
            result = await CompareAsync(token, presented, cancellation);
        }

        if (result == IdentityResult.Valid)
        {
            _matchedCsrf.Set(key, presented, options.Timings.TokenLifetime);
        }

        return result;
    }

    private static async Task<string> PresentedCsrfAsync(HttpContext context, CancellationToken cancellation)
    {
        string header = context.Request.Headers["X-CSRF-Token"].ToString();
        if (header.Length > 0 || !context.Request.HasFormContentType)
        {
            return header;
        }

        try
        {
            IFormCollection form = await context.Request.ReadFormAsync(cancellation);
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
