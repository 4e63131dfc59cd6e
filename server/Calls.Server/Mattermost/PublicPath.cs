using System.Net.WebSockets;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Mattermost.Relay;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>Whether sockets that clients open at the public address come here: a proxy rule is easily forgotten (mattermost-integration.md 6.2).</summary>
internal sealed class PublicPath(ConnectionRegistry registry, SettingsCache settings, GatewayOptions options)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task<CheckLine> CheckAsync(CancellationToken cancellation)
    {
        string site = options.SiteUrl?.ToString() ?? settings.Current?.SiteUrl ?? "";
        string clients = settings.Current?.WebsocketUrl is { Length: > 0 } own ? own : site;
        if (!Uri.TryCreate(clients, UriKind.Absolute, out Uri? address))
        {
            return CheckLine.Warn("Public path", "no SiteURL is known, so nobody can say whether clients come here");
        }

        var url = new UriBuilder(address) { Scheme = address.Scheme is "https" or "wss" ? "wss" : "ws", Path = address.AbsolutePath.TrimEnd('/') + "/api/v4/websocket" }.Uri;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + options.BotToken);
        try
        {
            await socket.ConnectAsync(url, limit.Token);
            byte[] buffer = new byte[8192];
            ValueWebSocketReceiveResult read = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
            using JsonDocument hello = JsonDocument.Parse(buffer.AsMemory(0, read.Count));
            string connection = hello.RootElement.Member("data").Text("connection_id");
            return registry.TryFind(new ConnectionId(connection), out _)
                ? CheckLine.Pass("Public path", $"sockets opened at {url} come here")
                : CheckLine.Warn("Public path", $"sockets opened at {url} reach Mattermost without passing here: send /api/v4/websocket to this service in the proxy");
        }
        catch (Exception failure) when (failure is WebSocketException or OperationCanceledException or JsonException or IOException or HttpRequestException)
        {
            cancellation.ThrowIfCancellationRequested();
            return CheckLine.Warn("Public path", $"no socket could be opened at {url}: {failure.Message}");
        }
    }
}
