using System.Collections.Concurrent;
using System.Net.WebSockets;
using Calls.Server.Mattermost.Proxy;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost.Relay;

/// <summary><c>/api/v4/websocket</c>: dials Mattermost first and accepts the client second (mattermost-integration.md 3.2).</summary>
internal sealed class UpgradeEndpoint(
    RelayContext context,
    Resumption resumption,
    UpstreamDialer dialer,
    SettingsCache settings,
    PeerAddress addresses,
    GatewayOptions options)
{
    private static readonly string[] CopiedHeaders = ["Cookie", "Authorization", "User-Agent", "Accept-Language", "X-Mattermost-Preauth-Secret"];
    private static long _lastProbe = CallsProtocol.FirstProbe;

    private readonly ConcurrentDictionary<SocketPair, byte> _pairs = new();
    private readonly UnidentifiedUpgrades _unidentified = new(options.MaxUnidentifiedPerAddress);
    private volatile bool _isStopping;

    /// <summary>Handles one upgrade for as long as its sockets live.</summary>
    /// <param name="path">Mattermost's path, without subpath, with or without its slash at the end.</param>
    /// <param name="isPluginPath">Came below the plugin's prefix, where Mattermost's own origin check does not help (variant A2).</param>
    public async Task HandleAsync(HttpContext http, string path, bool isPluginPath)
    {
        Peer peer = addresses.Of(http);
        if (_isStopping || (isPluginPath && settings.Current is null))
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (!IsOriginAllowed(http.Request))
        {
            context.Counters.AddRefusedUpgrade();
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        string? token = UpgradeToken.Find(http.Request);
        if (token is null && !_unidentified.TryEnter(peer.Address))
        {
            context.Counters.AddRefusedUpgrade();
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        int isCounted = token is null ? 1 : 0;
        try
        {
            await DialAsync(http, path, peer, token, Uncount);
        }
        finally
        {
            Uncount();
        }

        void Uncount()
        {
            if (Interlocked.Exchange(ref isCounted, 0) == 1)
            {
                _unidentified.Leave(peer.Address);
            }
        }
    }

    /// <summary>Closes every socket with 1001, spread over time so that clients do not come back all at once.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _isStopping = true;
        SocketPair[] pairs = [.. _pairs.Keys];
        TimeSpan step = pairs.Length == 0 ? TimeSpan.Zero : options.Timings.Drain / pairs.Length;
        foreach (SocketPair pair in pairs)
        {
            pair.CloseClient(1001);
            if (step > TimeSpan.Zero && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(step, context.Time, CancellationToken.None).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool IsOriginAllowed(HttpRequest request)
    {
        string? origin = request.Headers.Origin.Count > 0 ? request.Headers.Origin[0] : null;

        // Never read: Mattermost decides, it gets the header unchanged.
        return settings.Current is not { } read
            || OriginRule.Allows(origin, request.Host.Value ?? "", read.AllowCorsFrom, SiteUrl(read));
    }

    private string SiteUrl(MattermostSettings? read) => options.SiteUrl?.ToString() ?? read?.SiteUrl ?? "";

    private async Task DialAsync(HttpContext http, string path, Peer peer, string? token, Action onIdentified)
    {
        ResumeQuery query = ResumeQuery.Parse(http.Request.QueryString.Value ?? "");
        (RelayConnection? resumed, long next) = await resumption.ReserveAsync(query, token, http.RequestAborted);
        bool isUsed = false;
        try
        {
            UpstreamDial dial = Build(http, path, peer, resumed is null ? query.Rewrite("", 0) : query.Rewrite(query.Connection, next));
            (FrameSocket? upstream, HttpResponseMessage? refusal) = await dialer.DialAsync(dial, http.RequestAborted);
            if (upstream is null)
            {
                using (refusal)
                {
                    await RelayRefusalAsync(http, refusal);
                }

                return;
            }

            // The client may be gone by now; then accepting it throws.
            using FrameSocket dialled = upstream;
            WebSocket accepted = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                KeepAliveInterval = options.Timings.KeepAliveInterval,
                KeepAliveTimeout = options.Timings.KeepAliveTimeout,
            });
            var client = new FrameSocket(accepted, CallsProtocol.MaxClientFrameBytes);
            var pair = new SocketPair(client, dialled, options.Timings, context.Time)
            {
                Peer = peer,
                OnIdentified = onIdentified,
                Probe = resumed is null ? 0 : Interlocked.Increment(ref _lastProbe),
            };
            isUsed = resumed?.Post(new ConnectionInput.PairAttached(pair, query.Next, token!)) ?? true;
            _pairs[pair] = 0;
            await pair.RunAsync(resumed ?? new RelayConnection(context, pair, token));
            _pairs.TryRemove(pair, out _);
        }
        finally
        {
            if (!isUsed)
            {
                resumed?.Post(new ConnectionInput.ReservationReleased());
            }
        }
    }

    private UpstreamDial Build(HttpContext http, string path, Peer peer, string query)
    {
        IHeaderDictionary from = http.Request.Headers;
        var headers = new List<KeyValuePair<string, string>>();
        foreach (string name in CopiedHeaders)
        {
            if (from.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values))
            {
                headers.Add(new KeyValuePair<string, string>(name, name == "Cookie" ? string.Join("; ", values.ToArray()) : values.ToString()));
            }
        }

        if (from.Origin.Count > 0)
        {
            string origin = from.Origin[0]!;
            bool replaces = OriginRule.NeedsSiteOrigin(origin) && Uri.TryCreate(SiteUrl(settings.Current), UriKind.Absolute, out _);
            headers.Add(new("Origin", replaces ? new Uri(SiteUrl(settings.Current)).GetLeftPart(UriPartial.Authority) : origin));
        }

        headers.Add(new("X-Forwarded-For", peer.ForwardedFor));
        headers.Add(new("X-Forwarded-Proto", addresses.SchemeOf(http)));
        return new UpstreamDial(query.Length == 0 ? path : $"{path}?{query}", http.Request.Host.Value ?? "", headers);
    }

    private static async Task RelayRefusalAsync(HttpContext http, HttpResponseMessage? refusal)
    {
        if (refusal is null)
        {
            http.Response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        http.Response.StatusCode = (int)refusal.StatusCode;
        if (refusal.Content.Headers.ContentType is { } type)
        {
            http.Response.ContentType = type.ToString();
        }

        if (refusal.Headers.RetryAfter is { } retryAfter)
        {
            http.Response.Headers.RetryAfter = retryAfter.ToString();
        }

        await refusal.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
