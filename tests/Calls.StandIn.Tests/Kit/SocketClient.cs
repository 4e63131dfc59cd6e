using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Calls.StandIn.Tests.Kit;

/// <summary>A client socket that hands out frames one by one.</summary>
internal sealed class SocketClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public IReadOnlyDictionary<string, IEnumerable<string>>? UpgradeHeaders => _socket.HttpResponseHeaders;

    public string? SubProtocol => _socket.SubProtocol;

    public string ConnectionId { get; private set; } = "";

    public static async Task<SocketClient> OpenAsync(Uri url, string? token, string query = "", Action<ClientWebSocketOptions>? configure = null, string path = "/api/v4/websocket")
    {
        var client = new SocketClient();
        client._socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            client._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        }

        configure?.Invoke(client._socket.Options);
        var uri = new Uri($"ws://{url.Authority}{path}{query}");
        using var timeout = new CancellationTokenSource(Patience);
        await client._socket.ConnectAsync(uri, timeout.Token);
        return client;
    }

    /// <summary>Opens and consumes <c>hello</c>.</summary>
    public static async Task<SocketClient> OpenGreetedAsync(Uri url, string token)
    {
        SocketClient client = await OpenAsync(url, token);
        JsonElement hello = await client.ReadAsync();
        Assert.Equal("hello", hello.GetProperty("event").GetString());
        client.ConnectionId = hello.GetProperty("data").GetProperty("connection_id").GetString()!;
        return client;
    }

    public Task SendAsync(string action, long seq, JsonObject? data = null)
    {
        var frame = new JsonObject { ["action"] = action, ["seq"] = seq };
        if (data is not null)
        {
            frame["data"] = data;
        }

        return SendTextAsync(frame.ToJsonString());
    }

    public async Task SendTextAsync(string text)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
    }

    public async Task SendBinaryAsync(byte[] frame)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, timeout.Token);
    }

    /// <summary>The next frame's text; <c>null</c> once the socket ended, with or without a close frame.</summary>
    public async Task<string?> ReadTextAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var message = new MemoryStream();
        byte[] buffer = new byte[65536];
        try
        {
            while (true)
            {
                WebSocketReceiveResult result = await _socket.ReceiveAsync(buffer, timeout.Token);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                message.Write(buffer, 0, result.Count);
                if (result.EndOfMessage)
                {
                    return Encoding.UTF8.GetString(message.ToArray());
                }
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    public async Task<JsonElement> ReadAsync()
    {
        string text = await ReadTextAsync() ?? throw new InvalidOperationException($"The socket ended ({CloseStatus}).");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Everything that arrives before the reply to a ping sent now, that reply excluded.</summary>
    public async Task<List<JsonElement>> DrainAsync(long seq = 9001)
    {
        await SendAsync("ping", seq);
        var frames = new List<JsonElement>();
        while (true)
        {
            JsonElement frame = await ReadAsync();
            if (frame.TryGetProperty("seq_reply", out JsonElement reply) && reply.GetInt64() == seq)
            {
                return frames;
            }

            frames.Add(frame);
        }
    }

    /// <summary>Drains and returns the names of the events.</summary>
    public async Task<List<string>> DrainNamesAsync() => [.. (await DrainAsync()).Select(f => f.GetProperty("event").GetString()!)];

    /// <summary>Asserts that the socket ends; frames on the way are dropped.</summary>
    public async Task EndsAsync()
    {
        while (await ReadTextAsync() is not null)
        {
        }
    }

    /// <summary>Drops the TCP connection as a lost network does.</summary>
    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
