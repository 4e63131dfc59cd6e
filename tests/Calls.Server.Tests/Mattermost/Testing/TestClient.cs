using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>A strict client: knows each frame as text and as JSON.</summary>
public sealed class TestClient(ClientWebSocket socket) : IDisposable
{
    public sealed record Frame(string Text, JsonElement Json)
    {
        public string Event => Json.TryGetProperty("event", out JsonElement name) ? name.GetString()! : "";

        public long Seq => Json.TryGetProperty("seq", out JsonElement seq) ? seq.GetInt64() : -1;
    }

    public ClientWebSocket Socket => socket;

    public int? CloseCode { get; private set; }

    public static async Task<TestClient> DialAsync(Uri url, string? token, Action<ClientWebSocketOptions>? configure)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.Options.SetRequestHeader("Cookie", $"MMAUTHTOKEN={token}");
        }

        configure?.Invoke(socket.Options);
        await socket.ConnectAsync(url.Scheme == "ws" ? url : new UriBuilder(url) { Scheme = "ws" }.Uri, CancellationToken.None).WaitAsync(Limits.Test);
        return new TestClient(socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), isText: true);

    public Task SendAsync(byte[] payload, bool isText) => socket
        .SendAsync(payload, isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None)
        .WaitAsync(Limits.Test);

    /// <summary>The next frame; fails the test if the socket ends.</summary>
    public async Task<Frame> ReceiveAsync() => await TryReceiveAsync() ?? throw new InvalidOperationException("The socket ended.");

    /// <summary>The next frame, or <c>null</c> when the socket ended.</summary>
    public async Task<Frame?> TryReceiveAsync()
    {
        using var message = new MemoryStream();
        byte[] part = new byte[64 * 1024];
        try
        {
            while (true)
            {
                WebSocketReceiveResult result = await socket.ReceiveAsync(part, CancellationToken.None).WaitAsync(Limits.Test);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    CloseCode = (int?)result.CloseStatus;
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return null;
                }

                message.Write(part, 0, result.Count);
                if (result.EndOfMessage)
                {
                    string text = Encoding.UTF8.GetString(message.ToArray());
                    return new Frame(text, JsonDocument.Parse(text).RootElement);
                }
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    /// <summary>The socket is cut, without a close frame.</summary>
    public void Cut() => socket.Abort();

    /// <summary>Reads until the socket ends.</summary>
    public async Task<List<Frame>> ReceiveAllAsync()
    {
        var frames = new List<Frame>();
        while (await TryReceiveAsync() is { } frame)
        {
            frames.Add(frame);
        }

        return frames;
    }

    public void Dispose() => socket.Dispose();
}
