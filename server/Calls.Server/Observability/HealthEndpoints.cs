namespace Calls.Server.Observability;

/// <summary><c>/livez</c> and <c>/readyz</c> on the operator's own listener, and nothing else there.</summary>
internal static class HealthEndpoints
{
    /// <param name="port">Of the operator's listener; told from the users' by the local port of the connection, which no header can change.</param>
    public static void MapHealth(this WebApplication app, int port)
    {
        app.MapWhen(context => context.Connection.LocalPort == port, branch => branch.Run(static async context =>
        {
            bool isHealth = HttpMethods.IsGet(context.Request.Method) && context.Request.Path.Value is "/livez" or "/readyz";
            context.Response.StatusCode = isHealth ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(isHealth ? "ok\n" : "404 page not found\n");
        }));
    }
}
