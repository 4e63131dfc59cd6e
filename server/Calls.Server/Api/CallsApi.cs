using Calls.Server.Api.Bot;
using Calls.Server.Api.Commands;

namespace Calls.Server.Api;

/// <summary>The REST API below the plugin's base path.</summary>
internal static class CallsApi
{
    public const string BasePath = "/plugins/com.mattermost.calls";

    /// <summary>Adds what the API needs; the identity of requests comes from the front end (<see cref="IRequestIdentity"/>).</summary>
    public static IServiceCollection AddCallsApi(this IServiceCollection services)
    {
        services.AddRouting(options => options.SetParameterPolicy<MattermostIdConstraint>(MattermostIdConstraint.Name));
        services.AddSingleton<UserRateLimits>();
        services.AddSingleton<ApiGate>();
        services.AddSingleton<ChannelReaders>();
        services.AddSingleton<CallCommand>();
        services.AddSingleton<IApiResource, VersionResource>();
        services.AddSingleton<IApiResource, ConfigResource>();
        services.AddSingleton<IApiResource, EnvResource>();
        services.AddSingleton<IApiResource, ChannelsResource>();
        services.AddSingleton<IApiResource, ChannelResource>();
        services.AddSingleton<IApiResource, ActiveCallResource>();
        services.AddSingleton<IApiResource, DismissNotificationResource>();
        services.AddSingleton<IApiResource, HostControlsResource>();
        services.AddSingleton<IApiResource, TurnCredentialsResource>();
        services.AddSingleton<IApiResource, LogsUploadResource>();
        services.AddSingleton<IApiResource, StatsResource>();
        services.AddSingleton<IApiResource, CloudNotifyResource>();
        services.AddSingleton<IApiResource, RecordingResource>();
        services.AddSingleton<BotGate>();
        services.AddSingleton<IApiResource, BotLookupsResource>();
        services.AddSingleton<IApiResource, BotUploadsResource>();
        services.AddSingleton<IApiResource, BotPostsResource>();
        services.AddSingleton<IApiResource, BotJobsResource>();
        return services;
    }

    /// <summary>
    /// Answers everything below the base path but <c>/public/</c>, which Mattermost serves from the bundle. Call it before
    /// whatever passes the other requests on.
    /// </summary>
    public static void MapCallsApi(this IApplicationBuilder app) => app.MapWhen(IsOurs, branch =>
    {
        branch.Use((context, next) =>
        {
            // A catch-all route of the outer pipeline may have matched already.
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
            return RefuseOddPathAsync(context, next);
        });
        branch.UseRouting();
        branch.UseEndpoints(endpoints =>
        {
            ApiRoutes routes = new(
                endpoints.MapGroup(BasePath), endpoints.ServiceProvider.GetRequiredService<ApiGate>());
            foreach (IApiResource resource in endpoints.ServiceProvider.GetServices<IApiResource>())
            {
                resource.Map(routes);
            }
        });
        branch.Run(NotFoundAsync);
    });

    private static bool IsOurs(HttpContext context) =>
        context.Request.Path.StartsWithSegments(BasePath, StringComparison.Ordinal, out PathString rest)
        && !rest.StartsWithSegments("/public", StringComparison.Ordinal)
        && !rest.StartsWithSegments("/standalone", StringComparison.Ordinal) // files, behind no gate
        && !rest.StartsWithSegments("/api", StringComparison.Ordinal); // the gateway has a WebSocket there

    // Unlike the reference's router, ASP.NET ignores slashes at the end (rest-api.md 1.4).
    private static Task RefuseOddPathAsync(HttpContext context, RequestDelegate next)
    {
        string path = context.Request.Path.Value!;
        if (path.Contains("//", StringComparison.Ordinal))
        {
            string cleaned = "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
            context.Response.Redirect(context.Request.PathBase + new PathString(cleaned) + context.Request.QueryString, permanent: true);
            return Task.CompletedTask;
        }

        return path.EndsWith('/') ? NotFoundAsync(context) : next(context);
    }

    private static Task NotFoundAsync(HttpContext context) =>
        ApiAnswer.Text(StatusCodes.Status404NotFound, "404 page not found").WriteAsync(context.Response);
}
