using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace Calls.Load.Signaling;

/// <summary>A client that joins a call and then listens.</summary>
internal sealed class JoiningClient : IDisposable
{
    private static readonly byte[] Joined = "calls_join\""u8.ToArray();
    private static readonly byte[] Failed = "calls_error\""u8.ToArray();

    // The name of an event is the first thing in it.
    private const int NameEnd = 128;

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Frames that arrived.</summary>
    public long Frames { get; private set; }

    public long Bytes { get; private set; }

    public static async Task<JoiningClient> ConnectAsync(Uri gateway, string token)
    {
        var client = new JoiningClient();
        client._socket.Options.SetRequestHeader("Cookie", $"MMAUTHTOKEN={token}");
        await client._socket.ConnectAsync(new Uri($"ws://{gateway.Authority}/api/v4/websocket?connection_id=&sequence_number=0"), CancellationToken.None);
        _ = client.ReadAsync();
        await client._greeted.Task;
        return client;
    }

    /// <returns>How long it took in milliseconds, and the error if it failed.</returns>
    public async Task<(double Ms, string? Error)> JoinAsync(string channel, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        byte[] message = Encoding.UTF8.GetBytes($$"""{"action":"custom_com.mattermost.calls_join","seq":1,"data":{"channelID":"{{channel}}"} }""");
        await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        try
        {
            string? error = await _answered.Task.WaitAsync(limit);
            return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, error);
        }
        catch (TimeoutException)
        {
            return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, "no answer");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            bool isFirst = true;
            while (true)
            {
                ValueWebSocketReceiveResult received = await _socket.ReceiveAsync(_buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                Bytes += received.Count;
                if (isFirst)
                {
                    Look(_buffer.AsSpan(0, received.Count));
                }

                isFirst = received.EndOfMessage;
            }
        }
        catch (Exception ended) when (ended is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The run is over, or the server cut the socket.
        }

        _answered.TrySetResult("the socket ended");
        _greeted.TrySetException(new IOException("The socket ended before the greeting."));
    }

    private void Look(ReadOnlySpan<byte> frame)
    {
        Frames++;
        _greeted.TrySetResult();
        if (_answered.Task.IsCompleted)
        {
            return;
        }

        ReadOnlySpan<byte> name = frame[..Math.Min(frame.Length, NameEnd)];
        if (name.IndexOf(Joined) >= 0)
        {
            _answered.TrySetResult(null);
        }
        else if (name.IndexOf(Failed) >= 0)
        {
            _answered.TrySetResult(Encoding.UTF8.GetString(frame));
        }
    }
}
