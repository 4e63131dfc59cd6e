using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Calls.Rtc;
using Calls.Rtc.Ice;
using Calls.Server.Observability;
using Calls.Server.Observability.Metrics;
using Calls.Server.Rtcd;
using Calls.Server.Rtcd.Api;
using Calls.Server.Rtcd.Authentication;
using Calls.Server.Rtcd.Configuration;
using Calls.Server.Rtcd.Sessions;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Calls.Server.Commands;

/// <summary>Only the media server, behind rtcd's API: a drop-in for mattermost/rtcd.</summary>
internal sealed class RtcdHost : IAsyncDisposable
{
    private static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HttpStopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly RtcServer _media;
    private readonly RtcdSessions _sessions;
    private readonly CpuLoad _load;
    private readonly RtcdOptions _options;
    private readonly TimeProvider _time;

    private RtcdHost(WebApplication app, RtcServer media, RtcdOptions options, TimeProvider time)
    {
        (_app, _media, _options, _time) = (app, media, options, time);
        (_sessions, _load) = (app.Services.GetRequiredService<RtcdSessions>(), app.Services.GetRequiredService<CpuLoad>());
        Log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Calls.Rtcd");
    }

    /// <summary>Where the API listens, with the port that was really taken.</summary>
    public Uri Address => AddressOf(_app);

    public RtcServer Media => _media;

    public ILogger Log { get; }

    /// <summary>Opens the API's port first and then the media's, as rtcd does.</summary>
    /// <param name="media">Changes how the media server is set up (tests).</param>
    /// <exception cref="RtcdStartException">It cannot; the text says why, in rtcd's words.</exception>
    public static async Task<RtcdHost> StartAsync(
        RtcdOptions options,
        IReadOnlyList<string> warnings,
        CancellationToken cancellation,
        TimeProvider? time = null,
        Func<RtcServerOptions, RtcServerOptions>? media = null)
    {
        time ??= TimeProvider.System;
        (WebApplication app, RtcMetrics rtcMetrics) = Create(options, warnings, time);
        bool isListening = false;
        try
        {
            await app.StartAsync(cancellation);
            isListening = true;
            ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Calls.Rtcd");
            log.LogApiListening($"{AddressOf(app)}");
            RtcdSessions sessions = app.Services.GetRequiredService<RtcdSessions>();
            RtcServerOptions mediaOptions = MediaOptions(options, rtcMetrics, line => log.LogMedia(line));
            RtcServer server = await RtcServer.StartAsync(media?.Invoke(mediaOptions) ?? mediaOptions, sessions, time, cancellation);
            log.LogMediaListening(server.Port);
            HostTuning host = HostTuning.Of(server);
            log.LogHost(host.Description);
            foreach (string advice in host.Advice)
            {
                log.LogSettingsWarning(advice);
            }

            rtcMetrics.Watch(server);
            sessions.Attach(server);
            app.Services.GetRequiredService<CpuLoad>().Start();
            return new(app, server, options, time);
        }
        catch (Exception failure) when (failure is RtcException or IOException or UnauthorizedAccessException)
        {
            if (isListening)
            {
                await app.StopAsync(CancellationToken.None);
            }

            await app.DisposeAsync();
            throw new RtcdStartException($"failed to start service: {failure.Message}", failure);
        }
    }

    /// <summary>Waits until the last session is over: without a limit, unless one was set. The API goes on meanwhile.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        _load.Dispose(); // the last value stays
        if (_sessions.Count == 0)
        {
            return;
        }

        Log.LogDraining(_sessions.Count);
        long start = _time.GetTimestamp();
        using var poll = new PeriodicTimer(DrainPoll, _time);
        while (_sessions.Count > 0 && !(_time.GetElapsedTime(start) >= _options.DrainTimeout) && await poll.WaitForNextTickAsync(cancellation))
        {
            // The next look.
        }
    }

    /// <summary>Closes the media, cuts the connections, ends the API.</summary>
    public async ValueTask DisposeAsync()
    {
        _load.Dispose();
        await _media.DisposeAsync();
        _sessions.AbortConnections();
        using var limit = new CancellationTokenSource(HttpStopLimit);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    private static (WebApplication App, RtcMetrics Metrics) Create(RtcdOptions options, IReadOnlyList<string> warnings, TimeProvider time)
    {
        if (!ListenAddress.TryParse(options.ListenAddress, out IPEndPoint? endpoint))
        {
            throw new RtcdStartException($"failed to create service: \"{options.ListenAddress}\" is not host:port");
        }

        X509Certificate2? certificate = options.TlsEnable ? LoadCertificate(options) : null;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        string? noFile = builder.Logging.AddRtcdLogging(options, time);
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = static at => ListenSocket.Open(at, static _ => RtcdSetting.ListenAddress.Key));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = ReadLimit;
            kestrel.Limits.KeepAliveTimeout = ReadLimit;
            kestrel.Listen(endpoint, listener => Secure(listener, certificate));
        });

        var rtcMetrics = new RtcMetrics();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(OpenStore(options));
        builder.Services.AddSingleton(new BearerTokens(time, TimeSpan.FromMinutes(options.SessionExpirationMinutes)));
        builder.Services.AddSingleton(new HashLimiter(TimeProvider.System, Environment.ProcessorCount));
        builder.Services.AddSingleton<Clients>();
        builder.Services.AddSingleton<RtcdMetrics>();
        builder.Services.AddSingleton<RtcdSessions>();
        builder.Services.AddSingleton(new CpuLoad(time, static () => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/stat") : ""));
        builder.Services.AddSingleton(static provider => new ProcessMetrics());
        builder.Services.AddSingleton(provider => new MetricsPage(
            RtcdMetrics.Prefix, [rtcMetrics, provider.GetRequiredService<RtcdMetrics>(), provider.GetRequiredService<ProcessMetrics>()]));
        builder.Services.AddSingleton<RtcdApi>();
        WebApplication app = builder.Build();
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Calls.Rtcd");
        log.LogStarting(BuildInfo.Version);
        foreach (string warning in noFile is null ? warnings : [.. warnings, $"the log file cannot be written: {noFile}"])
        {
            log.LogSettingsWarning(warning);
        }

        RtcdApi api = app.Services.GetRequiredService<RtcdApi>();
        app.Run(api.HandleAsync);
        return (app, rtcMetrics);
    }

    private static void Secure(ListenOptions listener, X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            listener.Protocols = HttpProtocols.Http1;
            return;
        }

        listener.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        });
    }

    private static X509Certificate2 LoadCertificate(RtcdOptions options)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(options.TlsCertFile, options.TlsCertKey);
        }
        catch (Exception unusable) when (unusable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new RtcdStartException($"failed to create service: the pair {options.TlsCertFile} and {options.TlsCertKey} cannot be loaded: {unusable.Message}", unusable);
        }
    }

    private static KeyStore OpenStore(RtcdOptions options)
    {
        try
        {
            return KeyStore.Open(options.StoreDataSource);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new RtcdStartException($"failed to create service: failed to create store: {unusable.Message}", unusable);
        }
    }

    private static RtcServerOptions MediaOptions(RtcdOptions options, IRtcMeasurements metrics, Action<string> log) => new()
    {
        ListenAddresses = options.IceAddressUdp,
        UdpPort = options.IcePortUdp,
        TcpListenAddresses = options.IceAddressTcp,
        TcpPort = options.IcePortTcp,
        EnableIPv6 = options.EnableIPv6,
        IceHostOverride = options.IceHostOverride,
        IceHostPortOverride = IceHostPortOverride.TryParse(options.IceHostPortOverride, out IceHostPortOverride? ports, out _) ? ports : null,

        // A lite server needs no relay: TURN servers are for clients, which get theirs from the plugin.
        IceServerUrls = [.. options.IceServers.Where(static server => server.IsStun).SelectMany(static server => server.Urls)],
        NackBufferSize = options.NackBufferSize,
        Loops = options.UdpSocketsCount < Environment.ProcessorCount ? options.UdpSocketsCount : null,
        Measurements = metrics,
        Log = log,
    };
}
