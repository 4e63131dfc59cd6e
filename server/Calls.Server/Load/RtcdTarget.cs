using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Calls.Rtc;
using Calls.Rtcd.Protocol;

namespace Calls.Server.Load;

/// <summary>An rtcd, theirs or ours, over its API, as a plugin uses it: one connection for all sessions.</summary>
/// <param name="url">Its credentials (<c>http://id:key@host:8045</c>) are used if there are any; else a client is registered for the run.</param>
internal sealed class RtcdTarget(Uri url) : ILoadTarget
{
    private const int MaxMessageBytes = 1 << 20;

    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<string, Action<ReadOnlyMemory<byte>>> _sessions = new(StringComparer.Ordinal);
    private readonly Channel<byte[]> _outbound = Channel.CreateUnbounded<byte[]>(new() { SingleReader = true });
    private readonly string _run = $"{Guid.NewGuid():N}"[..10];
    private Task _work = Task.CompletedTask;
    private bool _isConnected;

    public Uri Metrics => new(Plain, "/metrics");

    private Uri Plain => new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    public async Task PrepareAsync(LoadOptions options, Action<double> progress, CancellationToken cancellation)
    {
        if (_isConnected)
        {
            return;
        }

        string[] credentials = Uri.UnescapeDataString(url.UserInfo).Split(':', 2);
        (string id, string key) = credentials.Length == 2 ? (credentials[0], credentials[1]) : ($"load-{_run}", $"{Guid.NewGuid():N}");
        try
        {
            if (credentials.Length < 2)
            {
                using var http = new HttpClient();
                using HttpResponseMessage registered = await http.PostAsJsonAsync(new Uri(Plain, "/register"), new { clientID = id, authKey = key }, cancellation);
                if (!registered.IsSuccessStatusCode)
                {
                    throw new LoadException($"{Plain} does not let us register ({(int)registered.StatusCode}): allow self registration, or give credentials in the URL");
                }
            }

            _socket.Options.SetRequestHeader("Authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{key}"))}");
            var socketUrl = new UriBuilder(Plain) { Scheme = url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = "/ws" };
            await _socket.ConnectAsync(socketUrl.Uri, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or WebSocketException)
        {
            throw new LoadException($"{Plain} cannot be used as an rtcd: {failure.Message}", failure);
        }

        _isConnected = true;
        _work = Task.WhenAll(ReceiveAllAsync(), OutboundFrames.SendAllAsync(_socket, _outbound.Reader));
    }

    public Task<ILoadSession> JoinAsync(int call, int user, Action<ReadOnlyMemory<byte>> onSignal, CancellationToken cancellation)
    {
        string session = $"{_run}c{call}u{user}n{_sessions.Count}";
        _sessions[session] = onSignal;
        Send(new JoinMessage($"{_run}call{call}", $"user{user}", session) { ChannelId = $"channel{call}", Av1Support = false, DcSignaling = false });
        return Task.FromResult<ILoadSession>(new Session(this, session));
    }

    public async ValueTask DisposeAsync()
    {
        _outbound.Writer.TryComplete();
        if (_isConnected)
        {
            await _work;
        }

        _socket.Dispose();
    }

    private void Send(RtcdMessage message) => _outbound.Writer.TryWrite(RtcdMessageWriter.ToBytes(message));

    private async Task ReceiveAllAsync()
    {
        byte[] buffer = new byte[MaxMessageBytes];
        try
        {
            while (true)
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

                if (RtcdMessageReader.TryRead(buffer.AsSpan(0, length), out RtcdMessage? message) == RtcdReadResult.Ok
                    && message is RtcMessage rtc && _sessions.TryGetValue(rtc.SessionId, out Action<ReadOnlyMemory<byte>>? onSignal))
                {
                    onSignal(rtc.Data);
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private sealed class Session(RtcdTarget owner, string id) : ILoadSession
    {
        public string Id => id;

        public void Send(RtcMessageType type, ReadOnlyMemory<byte> data) => owner.Send(new RtcMessage("", "", id, "", (int)type, data));

        public ValueTask DisposeAsync()
        {
            owner._sessions.TryRemove(id, out _);
            owner.Send(new LeaveMessage(id));
            return ValueTask.CompletedTask;
        }
    }
}
