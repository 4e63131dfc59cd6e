using System.Net;
using Calls.Server.Observability.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Calls.Server.Observability;

/// <summary><c>/livez</c>, <c>/readyz</c> and <c>/metrics</c> on the operator's own listener, and nothing else there.</summary>
internal static class HealthEndpoints
{
    /// <summary>Opens the operator's listener. Its connections are marked, so that no header and no shared port can make one of a user's.</summary>
    public static void ListenForHealth(this KestrelServerOptions kestrel, IPEndPoint endpoint) =>
        kestrel.Listen(endpoint, static listener => listener.Use(static next => connection =>
        {
            connection.Features.Set(OperatorConnection.Mark);
            return next(connection);
        }));

    /// <param name="metrics">Also under the plugin's path, where the official dashboard's scrape jobs look.</param>
    /// <param name="whyNotReady">What still has to happen before calls work, in a sentence; <c>null</c> = nothing.</param>
    public static void MapHealth(this WebApplication app, Func<string?> whyNotReady, MetricsPage metrics) =>
        app.MapWhen(static context => context.Features.Get<OperatorConnection>() is not null, branch => branch.Run(context =>
        {
            if (HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Value is "/metrics" or "/plugins/com.mattermost.calls/metrics")
            {
                return metrics.WriteAsync(context.Response);
            }

            (int status, string text) = (HttpMethods.IsGet(context.Request.Method), context.Request.Path.Value) switch
            {
                (true, "/livez") => (StatusCodes.Status200OK, "ok"),
                (true, "/readyz") => whyNotReady() is { } reason ? (StatusCodes.Status503ServiceUnavailable, reason) : (StatusCodes.Status200OK, "ok"),
                _ => (StatusCodes.Status404NotFound, "404 page not found"),
            };
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync(text + "\n");
        }));

    private sealed class OperatorConnection
    {
        public static OperatorConnection Mark { get; } = new();
    }
}
