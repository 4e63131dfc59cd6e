using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Calls.MessagePack;
using Calls.Server.Tests.Mattermost.Testing;

namespace Calls.Server.Tests.EndToEnd.Testing;

/// <summary>
/// A client's WebSocket that is as strict as the strictest client: numbers without gaps, a greeting first, replies without a
/// number. What arrives is read at once and kept until a test asks for it.
/// </summary>
internal sealed class ClientSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Lock _gate = new();
    private readonly List<WireFrame> _frames = [];
    private readonly List<WireFrame> _taken = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _violation;
    private bool _isOver;
    private long _nextSeq;
    private long _seq;
    private long _pings = 1_000_000;

    private ClientSocket(ClientWebSocket socket, string connection, long nextSeq)
    {
        (_socket, Id, _nextSeq) = (socket, connection, nextSeq);
        _reading = ReadAsync();
    }

    /// <summary>The connection's id: of the greeting, or the one it came back with.</summary>
    public string Id { get; private set; }

    /// <summary>Number of the next event that is expected; what a client comes back with.</summary>
    public long NextSeq
    {
        get
        {
            lock (_gate)
            {
                return _nextSeq;
            }
        }
    }

    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <summary>Whether the other side ended the socket.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _isOver;
            }
        }
    }

    /// <summary>Everything that arrived and was not taken yet, oldest first.</summary>
    public IReadOnlyList<WireFrame> Frames
    {
        get
        {
            lock (_gate)
            {
                return [.. _frames];
            }
        }
    }

    /// <summary>Names of the Calls events that arrived and were not taken yet, oldest first.</summary>
    public IReadOnlyList<string> Names => [.. Frames.Where(static frame => frame.IsOfCalls).Select(static frame => frame.Name)];

    /// <summary>Upgrades with a cookie, as a browser does.</summary>
    /// <param name="query">Without question mark.</param>
    public static async Task<ClientSocket> OpenAsync(
        Uri gateway, string? token, string query = "connection_id=&sequence_number=0", string? origin = null, string resumes = "", long nextSeq = 0, bool isRecorder = false, string path = "/api/v4/websocket")
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.Options.SetRequestHeader("Cookie", $"MMAUTHTOKEN={token}");
        }

        if (isRecorder)
        {
            socket.Options.SetRequestHeader("X-Calls-Recorder", "true");
        }

        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        var url = new Uri($"ws://{gateway.Authority}{path}?{query}");
        await socket.ConnectAsync(url, CancellationToken.None).WaitAsync(Limits.Test);
        return new ClientSocket(socket, resumes, nextSeq);
    }

    /// <summary>Upgrades and waits for the greeting.</summary>
    public static async Task<ClientSocket> OpenGreetedAsync(Uri gateway, string token)
    {
        ClientSocket socket = await OpenAsync(gateway, token);
        await socket.GreetedAsync();
        return socket;
    }

    /// <summary>Takes the greeting, which must be the first frame, and its id.</summary>
    public async Task GreetedAsync()
    {
        WireFrame hello = await TakeAsync(static _ => true, "the greeting");
        Assert.True(!hello.IsReply && hello.Name == "hello", $"The first frame is {hello}");
        Id = hello.Text("connection_id");
    }

    /// <summary>Sends an action of Calls as text.</summary>
    public Task SendAsync(string action, object? data = null) => SendTextAsync(data is null
        ? JsonSerializer.Serialize(new { action = WireFrame.Prefix + action, seq = ++_seq })
        : JsonSerializer.Serialize(new { action = WireFrame.Prefix + action, seq = ++_seq, data }));

    /// <summary>Sends an action of Calls as MessagePack, its keys in Go's manner: any order, the number always 64 bit.</summary>
    public Task SendPackedAsync(string action, IReadOnlyDictionary<string, object?>? data = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteMapHeader(3);
        writer.WriteString("data");
        writer.WriteValue(data);
        writer.WriteString("seq");
        writer.WriteInt64Fixed(++_seq);
        writer.WriteString("action");
        writer.WriteString(WireFrame.Prefix + action);
        return SendBytesAsync(buffer.WrittenMemory, WebSocketMessageType.Binary);
    }

    public Task SendTextAsync(string text) => SendBytesAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    /// <summary>Clients count from one again when they are greeted (signaling.md 1.8).</summary>
    public void RestartNumbers() => _seq = 0;

    /// <summary>Sends a native action and returns its reply.</summary>
    public async Task<WireFrame> AskAsync(string action, long seq, object? data = null)
    {
        await SendTextAsync(JsonSerializer.Serialize(new { action, seq, data }));
        return await ReplyAsync(seq);
    }

    public Task<WireFrame> ReplyAsync(long seq) => TakeAsync(frame => frame.IsReply && frame.SeqReply == seq, $"the reply to {seq}");

    /// <summary>All that was on its way to this client when it asks has arrived.</summary>
    public Task SyncAsync() => AskAsync("ping", Interlocked.Increment(ref _pings));

    /// <summary>Waits for the next event of a name and takes it; others stay.</summary>
    public Task<WireFrame> NextAsync(string name) => TakeAsync(frame => !frame.IsReply && frame.Name == name, name);

    /// <summary>Takes all that has arrived, or all events of one name.</summary>
    public IReadOnlyList<WireFrame> TakeAll(string? name = null)
    {
        lock (_gate)
        {
            WireFrame[] all = [.. _frames.Where(frame => name is null || (!frame.IsReply && frame.Name == name))];
            _frames.RemoveAll(all.Contains);
            _taken.AddRange(all);
            return all;
        }
    }

    /// <summary>Waits until the other side ended the socket.</summary>
    public Task EndedAsync() => _reading.WaitAsync(Limits.Test);

    /// <summary>Closes as a client does that goes.</summary>
    public async Task CloseAsync()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Limits.Test);
        await EndedAsync();
    }

    /// <summary>The network is gone: no close frame.</summary>
    public void Cut() => _socket.Abort();

    /// <summary>Ends the socket and fails the test if the server broke a rule of the transport.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.WaitAsync(Limits.Test);
        _socket.Dispose();
        Assert.Null(_violation);
    }

    private Task SendBytesAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type) =>
        _socket.SendAsync(bytes, type, endOfMessage: true, CancellationToken.None).AsTask().WaitAsync(Limits.Test);

    private async Task<WireFrame> TakeAsync(Func<WireFrame, bool> wanted, string what)
    {
        WireFrame found = await WaitAsync(frames => frames.FirstOrDefault(wanted), what);
        lock (_gate)
        {
            _frames.Remove(found);
            _taken.Add(found);
        }

        return found;
    }

    private async Task<T> WaitAsync<T>(Func<IReadOnlyList<WireFrame>, T?> find, string what)
    {
        using var limit = new CancellationTokenSource(Limits.Test);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (find(_frames) is { } found)
                {
                    return found;
                }

                Assert.False(_isOver, $"The socket ended before {what} came. {Story()}");
                changed = _changed.Task;
            }

            await changed.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.False(limit.IsCancellationRequested, $"{what} did not come. {Story()}");
        }
    }

    private string Story()
    {
        lock (_gate)
        {
            return $"Taken: {string.Join(", ", _taken.Select(Short))}. Waiting: {string.Join(", ", _frames.Select(Short))}. Violation: {_violation ?? "none"}.";
        }

        static string Short(WireFrame frame) => frame.IsReply ? $"reply {frame.SeqReply}" : $"{frame.Seq} {frame.Name}";
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    break;
                }

                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    Keep(message.ToArray(), part.MessageType);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception ended) when (ended is WebSocketException or InvalidOperationException or OperationCanceledException)
        {
            // Cut by either side.
        }

        lock (_gate)
        {
            _isOver = true;
        }

        Announce();
    }

    private void Keep(byte[] bytes, WebSocketMessageType type)
    {
        lock (_gate)
        {
            try
            {
                Assert.Equal(WebSocketMessageType.Text, type);
                var frame = new WireFrame(JsonDocument.Parse(bytes).RootElement);
                frame.Check();
                Count(frame);
                _frames.Add(frame);
            }
            catch (Exception broken) when (broken is Xunit.Sdk.XunitException or JsonException or KeyNotFoundException)
            {
                _violation ??= $"{broken.Message} {Story()} Frame: {Encoding.UTF8.GetString(bytes)}";
            }
        }

        Announce();
    }

    private void Count(WireFrame frame)
    {
        if (frame.IsReply)
        {
            return;
        }

        // A greeting starts a new count; everything else continues it.
        Assert.Equal(frame.Name == "hello" ? 0 : _nextSeq, frame.Seq);
        Assert.True(frame.Name == "hello" || Id.Length > 0 || _nextSeq > 0, "An event came before the greeting.");
        _nextSeq = frame.Seq + 1;
    }

    private void Announce()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }
}
