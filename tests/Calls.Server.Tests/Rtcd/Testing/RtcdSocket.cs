using System.Net.WebSockets;
using Calls.Rtcd.Protocol;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.Rtcd.Testing;

/// <summary>A plugin's connection to rtcd.</summary>
internal sealed class RtcdSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Lock _gate = new();
    private readonly List<RtcdMessage> _messages = [];
    private readonly Task _receiving;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RtcdSocket(ClientWebSocket socket)
    {
        _socket = socket;
        _receiving = ReceiveAsync();
    }

    /// <summary>Why the server closed it; <c>null</c> = it has not, or without a frame.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public HelloMessage Hello { get; private set; } = new("", "");

    public static async Task<RtcdSocket> OpenAsync(Uri address, string authorization)
    {
        var client = new ClientWebSocket();
        client.Options.SetRequestHeader("Authorization", authorization);
        using var limit = new CancellationTokenSource(Limits.Test);
        await client.ConnectAsync(new Uri($"ws://{address.Authority}/ws"), limit.Token);
        var socket = new RtcdSocket(client);
        socket.Hello = await socket.NextAsync<HelloMessage>(static _ => true);
        return socket;
    }

    public Task SendAsync(RtcdMessage message) => SendAsync(RtcdMessageWriter.ToBytes(message), WebSocketMessageType.Binary);

    public Task SendAsync(byte[] frame, WebSocketMessageType type) => _socket.SendAsync(frame, type, endOfMessage: true, CancellationToken.None);

    public Task JoinAsync(string session, string call = "call1", string user = "user1") =>
        SendAsync(new JoinMessage(call, user, session) { ChannelId = "channel1", Av1Support = false, DcSignaling = false });

    public Task SendRtcAsync(string session, int type, ReadOnlyMemory<byte> data = default) => SendAsync(new RtcMessage("", "", session, "", type, data));

    /// <summary>Waits for a message and takes it; others stay for later.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool> wanted)
        where T : RtcdMessage
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
                if (_messages.OfType<T>().FirstOrDefault(wanted) is { } found)
                {
                    _messages.RemoveAll(message => ReferenceEquals(message, found));
                    return found;
                }
            }

            await changed.WaitAsync(limit.Token);
        }
    }

    /// <summary>Takes what has arrived of a kind.</summary>
    public IReadOnlyList<T> TakeAll<T>(Func<T, bool> wanted)
        where T : RtcdMessage
    {
        lock (_gate)
        {
            T[] found = [.. _messages.OfType<T>().Where(wanted)];
            _messages.RemoveAll(message => found.Contains(message));
            return found;
        }
    }

    /// <summary>Everything sent so far has been handled: what follows on one connection is handled in order.</summary>
    public async Task SyncAsync()
    {
        // A join that cannot succeed is answered at once, and names nobody's session.
        string probe = $"probe{Guid.NewGuid():N}";
        await SendAsync(new JoinMessage("", "u", probe));
        await NextAsync<CloseMessage>(close => close.SessionId == probe);
    }

    public Task EndedAsync() => _receiving.WaitAsync(Limits.Test);

    public async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        await EndedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[1 << 20];
        try
        {
            while (_socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                Assert.Equal(WebSocketMessageType.Binary, part.MessageType);
                Assert.Equal(RtcdReadResult.Ok, RtcdMessageReader.TryRead(buffer.AsSpan(0, length), out RtcdMessage? message));
                TaskCompletionSource changed;
                lock (_gate)
                {
                    _messages.Add(message!);
                    (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
                }

                changed.SetResult();
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server cut it, or the test is over.
        }
    }
}
