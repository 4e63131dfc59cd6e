using System.Net;
using Calls.Server.Mattermost.Relay;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Calls.Server.Mattermost.Proxy;

/// <summary>Sends what is not ours to Mattermost, so that a small site needs no proxy of its own (mattermost-integration.md 3.1).</summary>
/// <remarks>Bodies are streamed both ways. Only the gateway's own path carries WebSockets: an upgrade elsewhere arrives as a plain request.</remarks>
internal sealed class ReverseProxy(HttpMessageInvoker http, GatewayOptions options, PeerAddress addresses)
{
    // RFC 9110, section 7.6.1, and what belongs to one connection only.
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Host",
        "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol",
    };

    /// <summary>Forwards a request and relays the answer.</summary>
    public async Task ForwardAsync(HttpContext context)
    {
        using HttpResponseMessage? answer = await SendAsync(context, isReadHere: false);
        if (answer is not null)
        {
            CopyHead(answer, context.Response);
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    /// <summary>Forwards a request; without an answer the client gets 502 or 503 and the result is <c>null</c>.</summary>
    /// <param name="isReadHere">Whether the body is read by us: then it must not be compressed.</param>
    public async Task<HttpResponseMessage?> SendAsync(HttpContext context, bool isReadHere)
    {
        try
        {
            using HttpRequestMessage request = Build(context, isReadHere);
            return await http.SendAsync(request, context.RequestAborted);
        }
        catch (HttpRequestException exception)
        {
            await RefuseAsync(context, exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status502BadGateway);
            return null;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable);
            return null;
        }
    }

    /// <summary>Status and headers of an answer, without those of the connection.</summary>
    public static void CopyHead(HttpResponseMessage answer, HttpResponse response)
    {
        response.StatusCode = (int)answer.StatusCode;
        HashSet<string> dropped = Named(answer.Headers.Connection);
        foreach ((string name, IEnumerable<string> values) in answer.Headers.NonValidated.Select(Pair).Concat(answer.Content.Headers.NonValidated.Select(Pair)))
        {
            if (!HopByHop.Contains(name) && !dropped.Contains(name))
            {
                response.Headers[name] = new StringValues([.. values]);
            }
        }
    }

    private static (string Name, IEnumerable<string> Values) Pair(KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header) =>
        (header.Key, header.Value);

    private HttpRequestMessage Build(HttpContext context, bool isReadHere)
    {
        HttpRequest from = context.Request;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), Target(context)) { Version = HttpVersion.Version11 };
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? from.ContentLength > 0;
        if (hasBody)
        {
            request.Content = new StreamContent(from.Body);
        }

        HashSet<string> dropped = Named(from.Headers.Connection);
        foreach ((string name, StringValues values) in from.Headers)
        {
            if (HopByHop.Contains(name) || dropped.Contains(name) || (isReadHere && name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            // A cookie header split by HTTP/2 is one header again for HTTP/1.1 (RFC 9113, section 8.2.3).
            string?[] lines = name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? [string.Join("; ", values.ToArray())] : values.ToArray();
            if (!request.Headers.TryAddWithoutValidation(name, lines))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, lines);
            }
        }

        Peer peer = addresses.Of(context);
        request.Headers.Host = from.Host.Value;
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", peer.ForwardedFor);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", addresses.SchemeOf(context));
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", from.Host.Value);
        return request;
    }

    private Uri Target(HttpContext context)
    {
        string raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (!raw.StartsWith('/'))
        {
            raw = context.Request.PathBase + context.Request.Path + context.Request.QueryString;
        }

        string below = raw.StartsWith(options.SubPath, StringComparison.Ordinal) ? raw[options.SubPath.Length..] : raw;
        return options.MattermostAddress(below);
    }

    private static HashSet<string> Named(IEnumerable<string?> connection) =>
        new(connection.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)), StringComparer.OrdinalIgnoreCase);

    private static Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new
        {
            id = "calls.gateway.mattermost_unavailable.app_error",
            message = "Mattermost cannot be reached.",
            detailed_error = "",
            status_code = status,
        });
    }
}
