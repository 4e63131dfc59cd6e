using System.Net;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Calls.StandIn.Rest;

/// <summary>
/// What the stock server does with <c>/plugins/{id}/...</c> and <c>/static/plugins/{id}/...</c>: static parts from folders, the rest to the
/// plugin's server part once the caller is resolved (rest-api.md 1.3), and 404 as plain text when there is none.
/// </summary>
internal sealed class PluginFrontDoor(MattermostCore core, StandInOptions options, HttpClient client)
{
    private const string CallsId = "com.mattermost.calls";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Map("/plugins/{plugin_id}/public/{**path}", http => ServeFileAsync(http, options.PublicFolder, "public/"));
        routes.Map("/plugins/{plugin_id}/{**path}", ServePluginAsync);
        routes.Map("/static/{plugin_id}/{**path}", http => ServeFileAsync(http, options.StaticFolder, "webapp/dist/"));
        routes.Map("/static/plugins/{plugin_id}/{**path}", http => ServeFileAsync(http, options.StaticFolder, "webapp/dist/"));
    }

    public static async Task WriteNotFoundAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers["X-Content-Type-Options"] = "nosniff";
        await http.Response.WriteAsync("404 page not found\n");
    }

    private async Task ServeFileAsync(HttpContext http, string? folder, string bundlePrefix)
    {
        string id = http.GetRouteValue("plugin_id")?.ToString() ?? "";
        string path = http.GetRouteValue("path")?.ToString() ?? "";
        if (await FindFileAsync(id, path, folder, bundlePrefix) is not { } content)
        {
            await WriteNotFoundAsync(http);
            return;
        }

        http.Response.ContentType = ContentTypeOf(path);
        http.Response.ContentLength = content.Length;
        await http.Response.Body.WriteAsync(content);
    }

    // A path that ends in a slash is never a file, and none leads out of its folder.
    private async Task<byte[]?> FindFileAsync(string id, string path, string? folder, string bundlePrefix)
    {
        if (path.Length == 0 || path.EndsWith('/') || path.Split('/').Contains(".."))
        {
            return null;
        }

        if (core.State.Plugins.Get(id) is { IsEnabled: true } plugin && plugin.Files.TryGetValue(bundlePrefix + path, out byte[]? uploaded))
        {
            return uploaded;
        }

        if (folder is null || id != CallsId)
        {
            return null;
        }

        string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        string file = Path.GetFullPath(Path.Combine(root, path));
        return file.StartsWith(root, StringComparison.Ordinal) && File.Exists(file) ? await File.ReadAllBytesAsync(file) : null;
    }

    private async Task ServePluginAsync(HttpContext http)
    {
        if (!core.State.Settings.Current.Bool("PluginSettings", "Enable"))
        {
            await ApiRoutes.WriteErrorAsync(http, PluginRoutes.Disabled(), core.State);
        }
        else if (options.PluginUpstream is null || http.GetRouteValue("plugin_id")?.ToString() != CallsId)
        {
            await WriteNotFoundAsync(http);
        }
        else
        {
            await ForwardAsync(http, options.PluginUpstream);
        }
    }

    private async Task ForwardAsync(HttpContext http, Uri upstream)
    {
        HttpRequest request = http.Request;
        string query = RemoveQueryToken(request.Query);
        using var forwarded = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(upstream, $"{request.Path.Value}{query}"));
        if (request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0)
        {
            forwarded.Content = new StreamContent(request.Body);
        }

        (Session? session, bool isKnown) = Identify(request);
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Headers)
        {
            if (name.ToLowerInvariant() is "mattermost-user-id" or "mattermost-plugin-id" or "referer" or "host" or "connection" or "transfer-encoding" or "content-length"
                || (isKnown && name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            string[] kept = name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? RemoveSessionCookie(request.Cookies) : [.. values.OfType<string>()];
            if (kept.Length > 0 && !forwarded.Headers.TryAddWithoutValidation(name, kept))
            {
                forwarded.Content?.Headers.TryAddWithoutValidation(name, kept);
            }
        }

        if (session is not null)
        {
            forwarded.Headers.TryAddWithoutValidation("Mattermost-User-Id", session.UserId);
        }

        using HttpResponseMessage answer = await client.SendAsync(forwarded, HttpCompletionOption.ResponseHeadersRead, http.RequestAborted);
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection"))
            {
                http.Response.Headers[name] = values.ToArray();
            }
        }

        if (answer.StatusCode != HttpStatusCode.NoContent)
        {
            await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
    }

    /// <summary>The session the plugin will see (none after a failed CSRF or MFA check), and whether the token resolved at all.</summary>
    private (Session? Session, bool IsKnown) Identify(HttpRequest request)
    {
        RequestToken token = TokenOf(request);
        Session? session = token.Location == TokenLocation.None ? null : core.State.Sessions.Resolve(token.Value);
        if (session is null || core.State.Permissions.OwesMfa(session))
        {
            return (null, session is not null);
        }

        if (token.Location != TokenLocation.Cookie || request.Method == "GET" || request.Headers["X-CSRF-Token"] == session.Csrf)
        {
            return (session, true);
        }

        bool isScript = request.Headers.XRequestedWith == "XMLHttpRequest"
            && !core.State.Settings.Current.Bool("ServiceSettings", "ExperimentalStrictCSRFEnforcement");
        return (isScript ? session : null, true);
    }

    // Unlike on the API, a header goes before the cookie here.
    private static RequestToken TokenOf(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        foreach (string scheme in (ReadOnlySpan<string>)["bearer ", "token "])
        {
            if (header.Length > scheme.Length && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return new RequestToken(header[scheme.Length..], TokenLocation.Header);
            }
        }

        if (request.Cookies.TryGetValue("MMAUTHTOKEN", out string? cookie))
        {
            return new RequestToken(cookie, TokenLocation.Cookie);
        }

        string query = request.Query["access_token"].ToString();
        return query.Length > 0 ? new RequestToken(query, TokenLocation.Query) : default;
    }

    private static string RemoveQueryToken(IQueryCollection query)
    {
        IEnumerable<KeyValuePair<string, string?>> kept = query
            .Where(static pair => pair.Key != "access_token")
            .SelectMany(static pair => pair.Value, static (pair, value) => KeyValuePair.Create(pair.Key, value));
        return QueryString.Create(kept).ToString();
    }

    private static string[] RemoveSessionCookie(IRequestCookieCollection cookies)
    {
        string[] kept = [.. cookies.Where(static c => c.Key != "MMAUTHTOKEN").Select(static c => $"{c.Key}={c.Value}")];
        return kept.Length > 0 ? [string.Join("; ", kept)] : [];
    }

    private static string ContentTypeOf(string path) => Path.GetExtension(path) switch
    {
        ".js" or ".mjs" => "text/javascript; charset=utf-8",
        ".json" => "application/json",
        ".css" => "text/css; charset=utf-8",
        ".html" => "text/html; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".wasm" => "application/wasm",
        ".mp3" => "audio/mpeg",
        _ => "application/octet-stream",
    };
}
