using System.Net;
using System.Net.Sockets;
using Calls.Domain.Ports;
using Calls.Rtc;
using Calls.Server.Api;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;
using Calls.Server.Media;
using Calls.Server.Observability;
using Calls.Server.Persistence;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Data.Sqlite;

namespace Calls.Server.Commands;

/// <summary>The whole service in integrated mode: gateway, signaling, REST, store and media server in one process.</summary>
internal sealed class Sidecar : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RtcServer _media;

    private Sidecar(WebApplication app, RtcServer media)
    {
        _app = app;
        _media = media;
    }

    /// <summary>Where the gateway listens, with the ports that were really taken.</summary>
    public IReadOnlyList<Uri> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(static address => new Uri(address))];

    public RtcServer Media => _media;

    public int MediaPort => _media.Port;

    public IReadOnlyList<string> AdvertisedAddresses => _media.AdvertisedAddresses;

    /// <summary>Opens all ports and starts.</summary>
    /// <param name="addRoutes">Adds routes of the command, before everything else goes to Mattermost.</param>
    /// <exception cref="RtcException">The media port cannot be used.</exception>
    /// <exception cref="IOException">An HTTP port cannot be used.</exception>
    public static async Task<Sidecar> StartAsync(
        SidecarOptions options, CallsSettings settings, RtcServerOptions media, Action<WebApplication>? addRoutes, CancellationToken cancellation)
    {
        RequireFree(options.HttpListen, "HttpListen");
        RequireFree(options.AdminListen is { } operators ? [operators] : [], "AdminListen");
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddSidecarConsole(options);
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // Mattermost's uploads pass; Calls' own routes have limits of their own
            foreach (IPEndPoint endpoint in options.HttpListen)
            {
                kestrel.Listen(endpoint);
            }

            if (options.AdminListen is { } admin)
            {
                kestrel.Listen(admin);
            }
        });

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new CurrentCallsSettings(settings));
        builder.Services.AddCallsCore(new(options.DatabaseFile, options.EndCallsOnStart));
        builder.Services.AddMattermostGateway(new()
        {
            MattermostUrl = options.MattermostUrl ?? throw new ArgumentException("MattermostURL is required.", nameof(options)),
            SiteUrl = options.SiteUrl,
            BotToken = options.BotToken,
            TrustedProxies = options.TrustedProxies,
            TakeOver = options.TakeOverPlugins ? new HashSet<string> { "plugins" } : new HashSet<string>(),
            WebappManifest = options.TakeOverPlugins ? WebappManifest.Json : null,
        });

        var events = new RtcEventsToMediaEvents();
        ILoggerFactory? loggers = null;
        WebApplication? app = null;
        RtcServer server = await RtcServer.StartAsync(
            media with { Log = line => loggers?.CreateLogger("Calls.Rtc").LogInformation("{Line}", line) }, events, TimeProvider.System, cancellation);
        try
        {
            builder.Services.AddSingleton<IMediaRouter>(new RtcMediaRouter(server));
            app = builder.Build();
            loggers = app.Services.GetRequiredService<ILoggerFactory>();
            events.Events = app.Services.GetRequiredService<IMediaEvents>();
            if (options.AdminListen is { } admin)
            {
                app.MapHealth(admin.Port);
            }

            app.MapMattermostGateway();
            app.MapCallsApi();
            addRoutes?.Invoke(app);
            RequireDatabase(app, options.DatabaseFile);
            var sidecar = new Sidecar(app, server);
            await app.StartAsync(cancellation);
            return sidecar;
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asked before the host starts, which would log a stack trace.</summary>
    private static void RequireFree(IReadOnlyList<IPEndPoint> endpoints, string setting)
    {
        foreach (IPEndPoint endpoint in endpoints)
        {
            try
            {
                using var listener = new TcpListener(endpoint);
                listener.Start();
            }
            catch (SocketException failure)
            {
                string reason = failure.SocketErrorCode == SocketError.AddressAlreadyInUse ? "is taken by another program" : $"cannot be used ({failure.Message})";
                throw new IOException($"TCP port {endpoint.Port} on {endpoint.Address} {reason}; free it or choose another with {setting} (--http for the demo).", failure);
            }
        }
    }

    /// <summary>Asked before the host starts, which would log a stack trace.</summary>
    private static void RequireDatabase(WebApplication app, string file)
    {
        try
        {
            app.Services.GetRequiredService<SqliteDatabase>().Open().Dispose();
        }
        catch (SqliteException failure)
        {
            throw new IOException($"The database {file} cannot be used: {failure.Message}", failure);
        }
    }

    /// <summary>Runs until a signal asks to stop, or <paramref name="cancellation"/>.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _media.DisposeAsync();
    }
}
