using System.Net;

namespace Calls.Server.Configuration;

/// <summary>The sidecar's own settings, as opposed to those of the plugin that Mattermost stores.</summary>
internal sealed record SidecarOptions
{
    /// <summary>Gateway, REST and WebSocket.</summary>
    public IReadOnlyList<IPEndPoint> HttpListen { get; init; } = [new(IPAddress.Loopback, 8066)];

    /// <summary>What the operator gave <see cref="HttpListen"/> with, for a fault's text.</summary>
    public string HttpListenGivenAs { get; init; } = "HttpListen";

    /// <summary>Liveness, readiness and metrics only; never reachable by users. <c>null</c> = no such listener.</summary>
    public IPEndPoint? AdminListen { get; init; } = new(IPAddress.Loopback, 8068);

    /// <summary>Internal base URL of Mattermost; required by <c>serve</c>.</summary>
    public Uri? MattermostUrl { get; init; }

    /// <summary>Public origin; <c>null</c> = what Mattermost says.</summary>
    public Uri? SiteUrl { get; init; }

    /// <summary>Token of the service bot; required by <c>serve</c>.</summary>
    public string BotToken { get; init; } = "";

    /// <summary>Token that recorder and transcriber log in with; empty = they get <see cref="BotToken"/>.</summary>
    public string JobsBotToken { get; init; } = "";

    /// <summary>What else concerns jobs.</summary>
    public JobServiceOptions Jobs { get; init; } = new();

    /// <summary>File of the embedded SQLite database, unless there is <see cref="Postgres"/>.</summary>
    public string DatabaseFile { get; init; } = "calls.db";

    /// <summary>The PostgreSQL database; <c>null</c> = SQLite.</summary>
    public PostgresUrl? Postgres { get; init; }

    /// <summary>Stable name of this node in logs and rows.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>Proxies whose X-Forwarded-* headers are believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>End all calls at start instead of keeping them for 60 s (modes.md 12).</summary>
    public bool EndCallsOnStart { get; init; }

    /// <summary>We answer <c>a=setup:active</c> instead of <c>passive</c> (media.md 2.1).</summary>
    public bool DtlsActive { get; init; }

    /// <summary>Routes of Mattermost answered here: <c>plugins</c>, <c>commands</c>, <c>post-edits</c>, <c>logout</c> (mattermost-integration.md 3.17).</summary>
    public IReadOnlySet<string> TakeOver { get; init; } = new HashSet<string>();

    /// <summary>Reproduce the plugin's licence gating (configuration.md 8).</summary>
    public bool LicenseGating { get; init; }

    /// <summary>With gating, what counts instead of the licence: <c>none</c>, <c>professional</c>, <c>enterprise</c>; <c>null</c> = the licence.</summary>
    public string? LicenseOverride { get; init; }

    /// <summary>An unpacked Calls release whose <c>standalone/dist</c> is served; <c>null</c> = none.</summary>
    public string? BundlePath { get; init; }

    /// <summary>The real push proxy behind the interposer; <c>null</c> = no interposer.</summary>
    public Uri? PushProxyUrl { get; init; }

    /// <summary>Where Mattermost reaches this service for slash commands; <c>null</c> = the first address of <see cref="HttpListen"/>.</summary>
    public Uri? CallbackUrl { get; init; }

    /// <summary>Over which the clients' sockets are closed when the program stops, so that they do not all come back at once.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(10);

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public bool LogAsJson { get; init; }
}
