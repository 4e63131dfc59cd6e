using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Calls.Server.Observability;

/// <summary><c>/livez</c> and <c>/readyz</c> on the operator's own listener, and nothing else there.</summary>
internal static class HealthEndpoints
{
    /// <summary>Opens the operator's listener. Its connections are marked, so that no header and no shared port can make one of a user's.</summary>
    public static void ListenForHealth(this KestrelServerOptions kestrel, IPEndPoint endpoint) =>
        kestrel.Listen(endpoint, static listener => listener.Use(static next => connection =>
        {
            connection.Features.Set(OperatorConnection.Mark);
            return next(connection);
        }));

    public static void MapHealth(this WebApplication app)
    {
        app.MapWhen(static context => context.Features.Get<OperatorConnection>() is not null, static branch => branch.Run(static async context =>
        {
            bool isHealth = HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Value is "/livez" or "/readyz";
            context.Response.StatusCode = isHealth ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(isHealth ? "ok\n" : "404 page not found\n");
        }));
    }

    private sealed class OperatorConnection
    {
        public static OperatorConnection Mark { get; } = new();
    }
}
