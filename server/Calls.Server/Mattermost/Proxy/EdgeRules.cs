using Calls.Server.Mattermost.Relay;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.Server.Mattermost.Proxy;

/// <summary>What is refused or removed before any routing (mattermost-integration.md 9.6, 9.8).</summary>
internal static class EdgeRules
{
    private static readonly HashSet<string> Forbidden = new(StringComparer.OrdinalIgnoreCase) { "Mattermost-User-Id", "Mattermost-Plugin-ID" };

    public static Task ApplyAsync(HttpContext context, RequestDelegate next)
    {
        RemoveIdentity(context.Request.Headers);
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (IsConfusing(target))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return Task.CompletedTask;
        }

        return next(context);
    }

    /// <summary>Nobody outside says who he is by a header; some servers read an underscore as a hyphen.</summary>
    public static void RemoveIdentity(IHeaderDictionary headers)
    {
        foreach (string name in headers.Keys.Where(static name => Forbidden.Contains(name.Replace('_', '-'))).ToList())
        {
            headers.Remove(name);
        }
    }

    /// <summary>Whether a path of ours has encoded slashes or dot segments, which another server would read differently.</summary>
    /// <param name="rawTarget">The request line's target as received.</param>
    public static bool IsConfusing(string rawTarget)
    {
        int query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        string raw = query < 0 ? rawTarget : rawTarget[..query];
        string decoded = Uri.UnescapeDataString(raw).Replace('\\', '/');
        if (!decoded.Contains("/plugins/" + CallsProtocol.PluginId, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return raw.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || raw.Contains("%5c", StringComparison.OrdinalIgnoreCase)
            || raw.Contains('\\', StringComparison.Ordinal)
            || decoded.Split('/').Any(static segment => segment is "." or "..");
    }
}
