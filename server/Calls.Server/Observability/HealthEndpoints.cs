using System.Net;
using Calls.Server.Observability.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Calls.Server.Observability;

/// <summary><c>/livez</c>, <c>/readyz</c>, <c>/metrics</c> and <c>/diagnostics</c> on the operator's own listener, and nothing else there.</summary>
internal static class HealthEndpoints
{
    /// <summary>Opens the operator's listener. Its connections are marked, so that no header and no shared port can make one of a user's.</summary>
    public static void ListenForHealth(this KestrelServerOptions kestrel, IPEndPoint endpoint) =>
        kestrel.Listen(endpoint, static listener => listener.Use(static next => connection =>
        {
            connection.Features.Set(OperatorConnection.Mark);
            return next(connection);
        }));

    /// <param name="whyNotReady">What still has to happen before calls work, in a sentence; <c>null</c> = nothing.</param>
    /// <param name="diagnose">The state of the service as JSON.</param>
    /// <param name="metrics">Also under the plugin's path, where the official dashboard's scrape jobs look.</param>
    public static void MapHealth(this WebApplication app, Func<string?> whyNotReady, Func<CancellationToken, Task<string>> diagnose, MetricsPage metrics) =>
        app.MapWhen(static context => context.Features.Get<OperatorConnection>() is not null, branch => branch.Run(async context =>
        {
            string path = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path.Value! : "";
            if (path is "/metrics" or "/plugins/com.mattermost.calls/metrics")
            {
                await metrics.WriteAsync(context.Response);
                return;
            }

            if (path == "/diagnostics")
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(await diagnose(context.RequestAborted) + "\n", context.RequestAborted);
                return;
            }

            (int status, string text) = path switch
            {
                "/livez" => (StatusCodes.Status200OK, "ok"),
                "/readyz" => whyNotReady() is { } reason ? (StatusCodes.Status503ServiceUnavailable, reason) : (StatusCodes.Status200OK, "ok"),
                _ => (StatusCodes.Status404NotFound, "404 page not found"),
            };
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(text + "\n", context.RequestAborted);
        }));

    private sealed class OperatorConnection
    {
        public static OperatorConnection Mark { get; } = new();
    }
}
