using System.Globalization;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>The stock server's request limiter (mattermost-integration.md 7.7): a bucket per remote address, or per token and per user.</summary>
internal sealed class RequestLimiter(ServerState state, StandInFaults faults)
{
    private const int MaxKeys = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (double Tokens, long At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one token of each bucket of the request; false after answering 429.</summary>
    public async Task<bool> AdmitAsync(HttpContext http)
    {
        ServerConfig config = state.Settings.Current;
        if (!faults.IsLimiterOn && !config.Bool("RateLimitSettings", "Enable"))
        {
            return true;
        }

        double perSecond = Math.Max(1, config.Int("RateLimitSettings", "PerSec"));
        double capacity = config.Int("RateLimitSettings", "MaxBurst") + 1;
        bool isAdmitted = true;
        double left = capacity;
        foreach (string key in KeysOf(http, config))
        {
            left = Math.Min(left, Take(key, perSecond, capacity));
            isAdmitted &= left >= 0;
        }

        IHeaderDictionary headers = http.Response.Headers;
        headers["X-RateLimit-Limit"] = Text(capacity);
        headers["X-RateLimit-Remaining"] = Text(Math.Max(0, Math.Floor(left)));
        headers["X-RateLimit-Reset"] = Text(Math.Ceiling((capacity - Math.Max(0, left)) / perSecond));
        if (isAdmitted)
        {
            return true;
        }

        headers.RetryAfter = Text(Math.Ceiling(1 / perSecond));
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync("limit exceeded\n");
        return false;
    }

    private IEnumerable<string> KeysOf(HttpContext http, ServerConfig config)
    {
        if (config.Bool("RateLimitSettings", "VaryByUser") && RequestToken.Of(http.Request) is { Location: not TokenLocation.None } token)
        {
            yield return token.Value;
            if (state.Sessions.Resolve(token.Value) is { } session)
            {
                yield return session.UserId;
            }
        }
        else
        {
            yield return http.Connection.RemoteIpAddress?.ToString() ?? "";
        }
    }

    /// <summary>Tokens left after taking one; negative when there was none, and then none is taken.</summary>
    private double Take(string key, double perSecond, double capacity)
    {
        long now = state.Clock.NowMs;
        lock (_gate)
        {
            if (_buckets.Count >= MaxKeys && !_buckets.ContainsKey(key))
            {
                _buckets.Clear();
            }

            double tokens = _buckets.TryGetValue(key, out (double Tokens, long At) bucket)
                ? Math.Min(capacity, bucket.Tokens + ((now - bucket.At) / 1000.0 * perSecond))
                : capacity;
            bool has = tokens >= 1;
            _buckets[key] = (has ? tokens - 1 : tokens, now);
            return tokens - 1;
        }
    }

    private static string Text(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
