using System.Net;

namespace Calls.Server.Mattermost;

/// <summary>How the gateway finds Mattermost and its clients; names as in the settings file.</summary>
public sealed record GatewayOptions
{
    /// <summary>Internal base URL of Mattermost, with its subpath if it has one.</summary>
    public required Uri MattermostUrl { get; init; }

    /// <summary>Public origin and subpath; read from Mattermost if not set.</summary>
    public Uri? SiteUrl { get; init; }

    /// <summary>Token of the service bot.</summary>
    public required string BotToken { get; init; }

    /// <summary>Token that recorder and transcriber log in with; empty = they use <see cref="BotToken"/>.</summary>
    public string JobsBotToken { get; init; } = "";

    /// <summary>Proxies whose X-Forwarded headers are believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Routes of Mattermost answered here: <c>plugins</c>, <c>commands</c>, <c>post-edits</c>, <c>logout</c> (mattermost-integration.md 3.17).</summary>
    public IReadOnlySet<string> TakeOver { get; init; } = new HashSet<string>();

    /// <summary>Our entry in <c>GET /api/v4/plugins/webapp</c> as JSON; used with <see cref="TakeOver"/> <c>plugins</c>.</summary>
    public string? WebappManifest { get; init; }

    /// <summary>Unauthenticated upgrades one address may have open.</summary>
    public int MaxUnidentifiedPerAddress { get; init; } = 20;

    /// <summary>Requests to Mattermost per second, and how many may come at once (mattermost-integration.md 7.7).</summary>
    public int RequestsPerSecond { get; init; } = 50;

    public int RequestBurst { get; init; } = 100;

    /// <summary>Whether the bot keeps a socket of its own, to hear of changes when no client does.</summary>
    public bool ListensAsBot { get; init; } = true;

    /// <summary>Whether <c>/call</c> is registered in every team.</summary>
    public bool RegistersCommand { get; init; } = true;

    /// <summary>Where Mattermost reaches this service; the first address listened on if not set.</summary>
    public Uri? CallbackUrl { get; init; }

    /// <summary>The real push proxy; without it pushes do not pass here.</summary>
    public Uri? PushProxyUrl { get; init; }

    public GatewayTimings Timings { get; init; } = new();

    /// <summary>Subpath of the site without trailing slash, empty at the root.</summary>
    internal string SubPath => SiteUrl?.AbsolutePath.TrimEnd('/') ?? "";

    /// <summary>An address below Mattermost's base, with path and query exactly as given.</summary>
    /// <param name="pathAndQuery">Starts with a slash.</param>
    internal Uri MattermostAddress(string pathAndQuery) => new(
        MattermostUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + pathAndQuery,
        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>The token never reaches a log by way of the options.</summary>
    public override string ToString() => $"Mattermost at {MattermostUrl.GetLeftPart(UriPartial.Path)}";
}
