using System.Net;
using Calls.Domain.Ports;
using Calls.Rtc;
using Calls.Server.Api;
using Calls.Server.Configuration;
using Calls.Server.Jobs;
using Calls.Server.Mattermost;
using Calls.Server.Mattermost.Rest;
using Calls.Server.Media;
using Calls.Server.Observability;
using Calls.Server.Observability.Metrics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Calls.Server.Commands;

/// <summary>The whole service in integrated mode: gateway, signaling, REST, store and media server in one process.</summary>
internal sealed class Sidecar : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly RtcServer _media;
    private readonly Diagnostics _diagnostics;
    private readonly int _gateways;

    private Sidecar(WebApplication app, RtcServer media, Diagnostics diagnostics, ILogger log, int gateways)
    {
        _app = app;
        _diagnostics = diagnostics;
        _media = media;
        Log = log;
        _gateways = gateways;
    }

    /// <summary>Where the gateway listens, with the ports that were really taken.</summary>
    public IReadOnlyList<Uri> Addresses => [.. Listeners.Take(_gateways)];

    /// <summary>Where the operator asks for the health; <c>null</c> = nowhere.</summary>
    public Uri? AdminAddress => Listeners.Skip(_gateways).FirstOrDefault();

    /// <summary>For what concerns the service as a whole.</summary>
    public ILogger Log { get; }

    public IServiceProvider Services => _app.Services;

    public RtcServer Media => _media;

    /// <summary>The first settings that were put together with what Mattermost says.</summary>
    public Task<CallsSettings> FirstSettings => _app.Services.GetRequiredService<ConsoleSettings>().First;

    public int MediaPort => _media.Port;

    public IReadOnlyList<string> AdvertisedAddresses => _media.AdvertisedAddresses;

    // In the order in which they were asked for: the gateway's, then the operator's.
    private IEnumerable<Uri> Listeners =>
        _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(static address => new Uri(address));

    /// <summary>Opens all ports and starts.</summary>
    /// <param name="addRoutes">Adds routes of the command, before everything else goes to Mattermost.</param>
    /// <param name="settings">What applies where nothing else is set.</param>
    /// <param name="time">Drives everything but sockets; the system's clock by default.</param>
    /// <param name="sources">Where the plugin's settings come from beside the System Console; from nowhere by default.</param>
    /// <param name="facts">What Mattermost said already, if it was asked.</param>
    /// <param name="replace">Puts something else in the place of a part, such as the media.</param>
    /// <exception cref="RtcException">The media port cannot be used.</exception>
    /// <exception cref="IOException">An HTTP port or the database cannot be used; the text says why and what to do.</exception>
    public static async Task<Sidecar> StartAsync(
        SidecarOptions options,
        CallsSettings settings,
        RtcServerOptions media,
        Action<WebApplication>? addRoutes,
        CancellationToken cancellation,
        TimeProvider? time = null,
        SettingSources? sources = null,
        MattermostFacts? facts = null,
        Action<IServiceCollection>? replace = null)
    {
        time ??= TimeProvider.System;
        sources ??= SettingSources.Empty;
        var gate = new LicenseGate(options.LicenseGating, options.LicenseOverride, sources.Variable("MM_CALLS_GROUP_CALLS_ALLOWED") == "true");
        var loader = new SettingsLoader(sources, settings, gate);
        LoadedSettings loaded = loader.Load(facts ?? MattermostFacts.Unknown);
        if (loaded.Settings is null)
        {
            // What is wrong in the console must not keep the way to Mattermost closed.
            loaded = loader.Load(MattermostFacts.Unknown);
        }

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddSidecarConsole(options);
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket =
            endpoint => ListenSocket.Open(endpoint, failed => failed.Equals(options.AdminListen) ? "AdminListen" : options.HttpListenGivenAs));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // Mattermost's uploads pass; Calls' own routes have limits of their own
            foreach (IPEndPoint endpoint in options.HttpListen)
            {
                kestrel.Listen(endpoint);
            }

            if (options.AdminListen is { } admin)
            {
                kestrel.ListenForHealth(admin);
            }
        });

        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(new CurrentCallsSettings(loaded.Settings ?? throw new ConfigurationException(loaded.Faults), loaded.Overrides));
        builder.Services.AddCallsCore(new(options.DatabaseFile, options.EndCallsOnStart, options.Postgres));
        builder.Services.AddMattermostGateway(Gateway(options));
        builder.Services.AddConsoleSettings(loader);

        builder.Services.AddJobs(options.Jobs with
        {
            BotToken = options.JobsBotToken.Length > 0 ? options.JobsBotToken : options.BotToken,
            IsServiceBot = options.JobsBotToken.Length == 0,
        });

        var events = new RtcEventsToMediaEvents();
        var rtcMetrics = new RtcMetrics();
        builder.Services.AddSingleton<IMetricSource>(rtcMetrics);
        builder.Services.AddSingleton<IMetricSource, ProcessMetrics>();
        var mediaLog = new DeferredLog("Calls.Rtc");
        RtcServer server = await RtcServer.StartAsync(
            media with { Measurements = rtcMetrics, Log = mediaLog.Write }, events, time, cancellation);
        WebApplication? app = null;
        try
        {
            rtcMetrics.Watch(server);
            builder.Services.AddSingleton<IMediaRouter>(new RtcMediaRouter(server));
            replace?.Invoke(builder.Services);
            app = builder.Build();
            ILoggerFactory loggers = app.Services.GetRequiredService<ILoggerFactory>();
            ILogger log = loggers.CreateLogger("Calls");
            log.LogMode("integrated", options.NodeName, "no rtcd is set and this is the only node");
            mediaLog.WriteTo(loggers);
            events.Events = app.Services.GetRequiredService<IMediaEvents>();
            MattermostHost mattermost = app.Services.GetRequiredService<MattermostHost>();
            SettingsCache read = app.Services.GetRequiredService<SettingsCache>();
            app.Services.GetRequiredService<ConsoleSettings>().Warn(loaded.Warnings);
            var diagnostics = new Diagnostics(app.Services, "integrated", options.NodeName);
            app.MapHealth(
                () => WhyNotReady(mattermost.Bot, read.Current),
                diagnostics.WriteAsync,
                new MetricsPage(CallsMetrics.Prefix, app.Services.GetServices<IMetricSource>()));
            app.MapMattermostGateway();
            app.MapStandalonePages(new(
                options.BundlePath is { } bundle ? Path.Combine(bundle, "standalone", "dist") : null,
                () => read.Current?.WebsocketUrl.TrimEnd('/').EndsWith(CallsApi.BasePath, StringComparison.Ordinal) == true));
            app.MapCallsApi();
            addRoutes?.Invoke(app);
            var sidecar = new Sidecar(app, server, diagnostics, log, options.HttpListen.Count);
            await app.StartAsync(cancellation);
            return sidecar;
        }
        catch
        {
            if (app is not null)
            {
                // What has started already must not meet what is disposed.
                using var limit = new CancellationTokenSource(StopLimit);
                await app.StopAsync(limit.Token);
                await app.DisposeAsync();
            }

            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Logs what the self-check finds wrong, once Mattermost has answered.</summary>
    public async Task LogChecksAsync(CancellationToken cancellation)
    {
        await FirstSettings.WaitAsync(cancellation);
        foreach (CheckLine line in (await _diagnostics.CheckAsync(cancellation)).Where(static line => line.Level != CheckLevel.Pass))
        {
            Log.LogCheck(line.Level == CheckLevel.Failure ? LogLevel.Error : LogLevel.Warning, line.Name, line.Text);
        }
    }

    /// <summary>How the gateway is set up by the service's options.</summary>
    public static GatewayOptions Gateway(SidecarOptions options) => new()
    {
        MattermostUrl = options.MattermostUrl ?? throw new ArgumentException("MattermostURL is required.", nameof(options)),
        SiteUrl = options.SiteUrl,
        BotToken = options.BotToken,
        JobsBotToken = options.JobsBotToken,
        TrustedProxies = options.TrustedProxies,
        TakeOver = options.TakeOver,
        CallbackUrl = options.CallbackUrl,
        PushProxyUrl = options.PushProxyUrl,
        WebappManifest = options.TakeOver.Contains("plugins") ? WebappManifest.Json : null,
        Timings = new() { Drain = options.Farewell },
    };

    /// <summary>Runs until a signal asks to stop, or <paramref name="cancellation"/>.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    /// <summary>Says farewell to the clients and stops.</summary>
    public Task StopAsync(CancellationToken cancellation) => _app.StopAsync(cancellation);

    /// <summary>Frees all ports at once; what was not stopped before is cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _media.DisposeAsync();
    }

    // Mattermost going away later changes nothing: taking the gateway away would not bring it back.
    private static string? WhyNotReady(BotAnswer bot, MattermostSettings? read) => bot switch
    {
        BotAnswer.None => "Mattermost has not answered yet.",
        BotAnswer.Refused => "Mattermost refuses the bot's token.",
        BotAnswer.JobsBotRefused => "Mattermost refuses the token of recorder and transcriber.",
        _ when read is null => "Mattermost's settings have not been read yet.",
        _ => read.Plugin is { IsActive: true, HasServer: true } plugin
            ? $"The plugin com.mattermost.calls {plugin.Version} installed in Mattermost has a server part of its own: two backends would answer. Replace it by a bundle without one (calls pack) and set PluginSettings.AutomaticPrepackagedPlugins to false."
            : null,
    };
}
