using System.Buffers;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Calls.MessagePack;
using Calls.Rtc;

namespace Calls.Server.Load;

/// <summary>A user's socket of a call (signaling.md 1): joined, signaling, and gone with the socket.</summary>
internal sealed class SiteSession : ILoadSession
{
    private const string Prefix = "custom_com.mattermost.calls_";
    private const int MaxFrameBytes = 4 << 20;

    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(15);

    private readonly ClientWebSocket _socket = new();
    private readonly Action<ReadOnlyMemory<byte>> _onSignal;
    private readonly Channel<byte[]> _outbound = Channel.CreateUnbounded<byte[]>(new() { SingleReader = true });
    private readonly TaskCompletionSource<string> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _work = Task.CompletedTask;
    private long _seq;

    private SiteSession(Action<ReadOnlyMemory<byte>> onSignal) => _onSignal = onSignal;

    public string Id { get; private set; } = "";

    public static async Task<SiteSession> JoinAsync(Uri url, string token, string channel, Action<ReadOnlyMemory<byte>> onSignal, CancellationToken cancellation)
    {
        var session = new SiteSession(onSignal);
        try
        {
            session._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
            var socketUrl = new UriBuilder(url) { Scheme = url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = "/api/v4/websocket", Query = "connection_id=&sequence_number=0" };
            await session._socket.ConnectAsync(socketUrl.Uri, cancellation);
            session._work = Task.WhenAll(session.ReceiveAllAsync(), OutboundFrames.SendAllAsync(session._socket, session._outbound.Reader));
            await session._greeted.Task.WaitAsync(JoinLimit, cancellation);
            session.Write("join", static (writer, channel) =>
            {
                writer.WriteMapHeader(1);
                writer.WriteString("channelID");
                writer.WriteString((string)channel!);
            }, channel);
            session.Id = await session._joined.Task.WaitAsync(JoinLimit, cancellation);
            return session;
        }
        catch (Exception failure) when (failure is WebSocketException or TimeoutException or LoadException)
        {
            await session.DisposeAsync();
            throw new LoadException(failure is TimeoutException ? "a join was not answered within 15 s" : $"a join failed: {failure.Message}", failure);
        }
    }

    public void Send(RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        switch (type)
        {
            case RtcMessageType.Sdp:
                Write("sdp", static (writer, json) =>
                {
                    writer.WriteMapHeader(1);
                    writer.WriteString("data");
                    writer.WriteBinary(Deflate((ReadOnlyMemory<byte>)json!));
                }, data);
                break;
            case RtcMessageType.Ice:
                break; // a lite server needs none
            case RtcMessageType.Unmute:
                Write("unmute", static (writer, _) => writer.WriteNil(), null);
                break;
            case RtcMessageType.ScreenOn:
                Write("screen_on", static (writer, json) =>
                {
                    writer.WriteMapHeader(1);
                    writer.WriteString("data");
                    writer.WriteString(Encoding.UTF8.GetString(((ReadOnlyMemory<byte>)json!).Span));
                }, data);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "The load does not send it.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Write("leave", static (writer, _) => writer.WriteNil(), null);
        _outbound.Writer.TryComplete();
        await _work;
        _socket.Dispose();
    }

    private delegate void WriteData(MessagePackWriter writer, object? argument);

    private static byte[] Deflate(ReadOnlyMemory<byte> json)
    {
        using var compressed = new MemoryStream();
        using (var stream = new ZLibStream(compressed, CompressionLevel.Fastest))
        {
            stream.Write(json.Span);
        }

        return compressed.ToArray();
    }

    private void Write(string action, WriteData writeData, object? argument)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(3);
        writer.WriteString("action");
        writer.WriteString(Prefix + action);
        writer.WriteString("seq");
        writer.WriteInt64Fixed(Interlocked.Increment(ref _seq));
        writer.WriteString("data");
        writeData(writer, argument);
        _outbound.Writer.TryWrite(buffer.WrittenSpan.ToArray());
    }

    private async Task ReceiveAllAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == buffer.Length)
                    {
                        Array.Resize(ref buffer, Math.Min(buffer.Length * 2, MaxFrameBytes));
                    }

                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Text)
                {
                    Take(buffer.AsMemory(0, length));
                }
                else if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException or JsonException)
        {
            // As above.
        }

        _greeted.TrySetException(new LoadException("the socket was closed"));
        _joined.TrySetException(new LoadException("the socket was closed"));
        _ = (_greeted.Task.Exception, _joined.Task.Exception); // observed, whoever waits
    }

    // Most of what arrives concerns others: it is looked at no further than needed.
    private void Take(ReadOnlyMemory<byte> text)
    {
        ReadOnlySpan<byte> span = text.Span;
        if (_joined.Task.IsCompleted && span.IndexOf("calls_signal"u8) < 0)
        {
            return;
        }

        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        string name = root.TryGetProperty("event", out JsonElement @event) ? @event.GetString() ?? "" : "";
        switch (name)
        {
            case "hello":
                _greeted.TrySetResult(root.GetProperty("data").GetProperty("connection_id").GetString()!);
                break;
            case Prefix + "join":
                _joined.TrySetResult(root.GetProperty("data").GetProperty("connID").GetString()!);
                break;
            case Prefix + "error":
                _joined.TrySetException(new LoadException(root.GetProperty("data").TryGetProperty("data", out JsonElement reason) ? reason.GetString() ?? "refused" : "refused"));
                break;
            case Prefix + "signal":
                _onSignal(Encoding.UTF8.GetBytes(root.GetProperty("data").GetProperty("data").GetString()!));
                break;
        }
    }
}
