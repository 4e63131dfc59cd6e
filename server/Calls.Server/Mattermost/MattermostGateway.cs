using System.Net;
using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Api.Bot;
using Calls.Server.Configuration;
using Calls.Server.Jobs;
using Calls.Server.Mattermost.Commands;
using Calls.Server.Mattermost.Delivery;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Mattermost.Proxy;
using Calls.Server.Mattermost.Push;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Observability.Metrics;
using Calls.Server.Signaling;

namespace Calls.Server.Mattermost;

/// <summary>Puts the gateway into a host (mattermost-integration.md 3, 6.3).</summary>
public static class MattermostGateway
{
    private const string PluginPath = "/plugins/" + CallsProtocol.PluginId;
    private const string WebSocketPath = "/api/v4/websocket";

    /// <summary>
    /// Registers <see cref="IChatHost"/>, <see cref="IEventDelivery"/>, <see cref="IRequestIdentity"/> and what they stand on. The
    /// caller registers <see cref="IClientConnections"/>.
    /// </summary>
    public static IServiceCollection AddMattermostGateway(this IServiceCollection services, GatewayOptions options)
    {
        services.AddMattermostClient(options);
        services.AddSingleton(options.Timings);
        services.AddSingleton<GatewayCounters>();
        services.AddSingleton<IMetricSource, GatewayMetrics>();
        services.AddSingleton<HostCaches>();
        services.AddSingleton<MattermostHost>();
        services.AddSingleton<IMattermostSite, MattermostSite>();
        services.AddSingleton<IChatHost>(static provider => provider.GetRequiredService<MattermostHost>());
        services.AddSingleton<MattermostBotHost>();
        services.AddSingleton<IBotHost>(static provider => provider.GetRequiredService<MattermostBotHost>());
        services.AddSingleton<IBotPosts>(static provider => provider.GetRequiredService<MattermostBotHost>());
        services.AddSingleton<IJobSite>(static provider => provider.GetRequiredService<MattermostBotHost>());

        services.AddSingleton<TokenIdentity>();
        services.AddSingleton<ITokenIdentity>(static provider => provider.GetRequiredService<TokenIdentity>());
        services.AddSingleton<IRequestIdentity, FrontDoorIdentity>();
        services.AddSingleton<CallTokenRevalidation>();

        services.AddSingleton<ChannelMembership>();
        services.AddSingleton<IChannelMembership>(static provider => provider.GetRequiredService<ChannelMembership>());
        services.AddSingleton<RecentEvents>();
        services.AddSingleton<AccessEnd>();
        services.AddSingleton<IEventObserver, MattermostEvents>();
        services.AddSingleton<IEventDelivery, EventDelivery>();

        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<RelayContext>();
        services.AddSingleton<Resumption>();
        services.AddSingleton<UpstreamDialer>();
        services.AddSingleton<PeerAddress>();
        services.AddSingleton<BotSocket>();
        services.AddSingleton<PublicPath>();
        services.AddSingleton<CommandRegistration>();
        services.AddSingleton<CommandCallback>();
        services.AddSingleton<CommandInterception>();
        services.AddSingleton<PostEditGuard>();
        services.AddSingleton<PushInterposer>();
        services.AddSingleton<PushReceivers>();
        services.AddSingleton<AdministratorNotices>();
        services.AddSingleton<IAdministrators>(static provider => provider.GetRequiredService<AdministratorNotices>());
        services.AddSingleton<UpgradeEndpoint>();
        services.AddSingleton<ReverseProxy>();
        services.AddSingleton<TakenOverRoutes>();
        services.AddHostedService<GatewayWorker>();
        return services;
    }

    /// <summary>Registers what asks Mattermost over REST, without a gateway.</summary>
    internal static IServiceCollection AddMattermostClient(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(static provider => new HttpMessageInvoker(provider.GetRequiredService<SocketsHttpHandler>(), disposeHandler: false));
        services.AddSingleton(Handler(options));
        services.AddSingleton(static provider => new RequestBudget(
            provider.GetRequiredService<GatewayOptions>().RequestsPerSecond,
            provider.GetRequiredService<GatewayOptions>().RequestBurst,
            provider.GetService<TimeProvider>() ?? TimeProvider.System));
        if (services.All(static service => service.ServiceType != typeof(TimeProvider)))
        {
            services.AddSingleton(TimeProvider.System);
        }

        services.AddSingleton<MattermostClient>();
        services.AddSingleton<SettingsCache>();
        services.AddSingleton<SettingsReader>();
        services.AddSingleton<MattermostChecks>();
        return services;
    }

    /// <summary>Takes up what the System Console saves; needs the gateway and <see cref="CurrentCallsSettings"/>.</summary>
    internal static IServiceCollection AddConsoleSettings(this IServiceCollection services, SettingsLoader loader)
    {
        services.AddSingleton(loader);
        services.AddSingleton<ConsoleSettings>();
        return services;
    }

    /// <summary>Asks Mattermost once for its settings, before there is a gateway; <c>null</c> if it does not answer in time.</summary>
    internal static async Task<MattermostSettings?> TryReadSettingsAsync(GatewayOptions options, TimeSpan limit, CancellationToken cancellation)
    {
        // A service that starts has no time for repeats.
        options = options with { Timings = options.Timings with { FirstRetry = TimeSpan.Zero, SecondRetry = TimeSpan.Zero } };
        using SocketsHttpHandler handler = Handler(options);
        using var http = new HttpMessageInvoker(handler, disposeHandler: false);
        using var budget = new RequestBudget(options.RequestsPerSecond, options.RequestBurst, TimeProvider.System);
        var cache = new SettingsCache();
        using var reader = new SettingsReader(new MattermostClient(http, options, budget, TimeProvider.System), cache, TimeProvider.System);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        enough.CancelAfter(limit);
        try
        {
            await reader.TryReadAsync(enough.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Slow is as good as away.
        }

        return cache.Current;
    }

    /// <summary>
    /// Maps the gateway's WebSocket, the routes that are taken over and, as fallback, the way to Mattermost. Call it before other
    /// middleware: nothing may run before the edge rules.
    /// </summary>
    public static WebApplication MapMattermostGateway(this WebApplication app)
    {
        GatewayOptions options = app.Services.GetRequiredService<GatewayOptions>();
        app.Use(static next => context => EdgeRules.ApplyAsync(context, next));
        if (options.SubPath.Length > 0)
        {
            app.UsePathBase(options.SubPath);
        }

        app.UseRouting();
        app.UseWebSockets();
        UpgradeEndpoint upgrades = app.Services.GetRequiredService<UpgradeEndpoint>();
        ReverseProxy proxy = app.Services.GetRequiredService<ReverseProxy>();
        TakenOverRoutes taken = app.Services.GetRequiredService<TakenOverRoutes>();

        // Before any route: one of the two paths lies below the prefix of the API (variant A2).
        app.Use(next => context => context.WebSockets.IsWebSocketRequest && IsGateway(context.Request.Path, out string path, out bool isPluginPath)
            ? upgrades.HandleAsync(context, path, isPluginPath)
            : next(context));
        if (options.TakeOver.Contains("plugins"))
        {
            app.MapGet("/api/v4/plugins/webapp", taken.ListPluginsAsync);
        }

        if (options.TakeOver.Contains("logout"))
        {
            app.MapPost("/api/v4/users/logout", taken.LogOutAsync);
        }

        if (options.TakeOver.Contains("commands"))
        {
            app.MapPost("/api/v4/commands/execute", app.Services.GetRequiredService<CommandInterception>().HandleAsync);
        }

        if (options.TakeOver.Contains("post-edits"))
        {
            PostEditGuard guard = app.Services.GetRequiredService<PostEditGuard>();
            app.MapPut("/api/v4/posts/{postId}", guard.HandleAsync);
            app.MapPut("/api/v4/posts/{postId}/patch", guard.HandleAsync);
        }

        if (options.RegistersCommand)
        {
            app.MapPost(CommandRegistration.Path, app.Services.GetRequiredService<CommandCallback>().HandleAsync);
        }

        if (options.PushProxyUrl is not null)
        {
            PushInterposer push = app.Services.GetRequiredService<PushInterposer>();
            app.MapPost("/api/v1/send_push", push.SendAsync);
            app.MapPost("/api/v1/ack", push.AcknowledgeAsync);
        }

        app.MapFallback("{*path}", context => IsOurs(context.Request.Path) ? RefuseAsync(context) : proxy.ForwardAsync(context));
        return app;
    }

    // Mattermost accepts a slash at the end.
    private static bool IsGateway(PathString path, out string mattermostPath, out bool isPluginPath)
    {
        isPluginPath = path.StartsWithSegments(PluginPath, StringComparison.Ordinal, out PathString rest);
        mattermostPath = (isPluginPath ? rest : path).Value!;
        return mattermostPath is WebSocketPath or WebSocketPath + "/";
    }

    // Public files of the bundle are Mattermost's; what else is below our prefix and has no route does not exist.
    private static bool IsOurs(PathString path) =>
        path.StartsWithSegments(PluginPath, StringComparison.OrdinalIgnoreCase, out PathString rest) && !rest.StartsWithSegments("/public");

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("404 page not found\n");
    }

    // One handler for REST, proxy and WebSockets. Nothing is added to or changed in what passes.
    private static SocketsHttpHandler Handler(GatewayOptions options) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = options.Timings.ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null,
    };
}
