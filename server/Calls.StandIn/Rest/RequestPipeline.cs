using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>What happens around every request: its id and version headers, limiter, injected faults, and the 404 of unknown routes.</summary>
internal sealed class RequestPipeline(MattermostCore core, RequestLimiter limiter)
{
    public async Task InvokeAsync(HttpContext http, Func<Task> next)
    {
        http.TraceIdentifier = Ids.New();
        bool isApi = http.Request.Path.StartsWithSegments(ApiRoutes.Prefix);
        http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
        if (isApi)
        {
            http.Response.Headers["X-Version-Id"] = ClientConfig.VersionId(core.State);
            http.Response.Headers["Permissions-Policy"] = "";
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            http.Response.Headers["X-Content-Type-Options"] = "nosniff";
            if (http.Request.Method == "GET")
            {
                http.Response.Headers.Expires = "0";
            }
        }

        (TimeSpan latency, EndpointFault? failure) = core.Hub.Faults.Take(http.Request.Method, http.Request.Path.Value ?? "");
        if (latency > TimeSpan.Zero)
        {
            await Task.Delay(latency, core.State.Clock.Time, http.RequestAborted);
        }

        if (failure is { AfterHandling: true })
        {
            await HandleThenFailAsync(http, next, failure);
            return;
        }

        if (failure is not null)
        {
            await FailAsync(http, failure);
            return;
        }

        if (isApi && !await limiter.AdmitAsync(http))
        {
            return;
        }

        await RouteAsync(http, next, isApi);
    }

    private async Task RouteAsync(HttpContext http, Func<Task> next, bool isApi)
    {
        // Routes match exactly on the stock server, except that the WebSocket's may end in a slash.
        string path = http.Request.Path.Value ?? "";
        if (path == $"{ApiRoutes.Prefix}/websocket/")
        {
            http.Request.Path = $"{ApiRoutes.Prefix}/websocket";
        }
        else if (isApi && path.EndsWith('/'))
        {
            await WriteUnknownAsync(http);
            return;
        }

        await next();
        if (!http.Response.HasStarted && http.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed && http.Response.ContentType is null)
        {
            http.Response.Headers.Allow = default;
            await (isApi ? WriteUnknownAsync(http) : PluginFrontDoor.WriteNotFoundAsync(http));
        }
    }

    private Task WriteUnknownAsync(HttpContext http) => ApiRoutes.WriteErrorAsync(
        http,
        new ApiException(404, "api.context.404.app_error", "Sorry, we could not find the page.", $"There doesn't appear to be an api call for the url='{http.Request.Path}'."),
        core.State);

    private async Task HandleThenFailAsync(HttpContext http, Func<Task> next, EndpointFault failure)
    {
        Stream original = http.Response.Body;
        http.Response.Body = Stream.Null;
        try
        {
            await RouteAsync(http, next, isApi: true);
        }
        finally
        {
            http.Response.Body = original;
        }

        http.Response.ContentLength = null;
        await FailAsync(http, failure);
    }

    private async Task FailAsync(HttpContext http, EndpointFault failure)
    {
        if (failure.Status == 0)
        {
            http.Abort();
            return;
        }

        await ApiRoutes.WriteErrorAsync(http, new ApiException(failure.Status, "standin.fault", "An error occurred."), core.State);
    }
}
