using System.Net.WebSockets;
using System.Threading.Channels;

namespace Calls.Server.Tests.Mattermost.Testing;

/// <summary>One end of a WebSocket in memory; whole messages, lost when an end is cut before it read them.</summary>
internal sealed class MemoryWebSocket : WebSocket
{
    private readonly Channel<byte[]?> _inbound = Channel.CreateUnbounded<byte[]?>();
    private MemoryWebSocket? _peer;
    private byte[] _rest = [];
    private volatile WebSocketState _state = WebSocketState.Open;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => _state;

    public override string? SubProtocol => null;

    public static (MemoryWebSocket One, MemoryWebSocket Other) CreatePair()
    {
        (MemoryWebSocket one, MemoryWebSocket other) = (new MemoryWebSocket(), new MemoryWebSocket());
        (one._peer, other._peer) = (other, one);
        return (one, other);
    }

    public override void Abort()
    {
        _state = WebSocketState.Aborted;
        while (_inbound.Reader.TryRead(out _))
        {
        }

        _inbound.Writer.TryComplete();
        _peer!._inbound.Writer.TryComplete();
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        if (_rest.Length == 0)
        {
            if (_state == WebSocketState.Aborted || !await _inbound.Reader.WaitToReadAsync(cancellationToken) || !_inbound.Reader.TryRead(out byte[]? next))
            {
                _state = WebSocketState.Aborted;
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            if (next is null)
            {
                _state = _state == WebSocketState.CloseSent ? WebSocketState.Closed : WebSocketState.CloseReceived;
                return new WebSocketReceiveResult(0, WebSocketMessageType.Close, true);
            }

            _rest = next;
        }

        int count = Math.Min(buffer.Count, _rest.Length);
        _rest.AsSpan(0, count).CopyTo(buffer);
        _rest = _rest[count..];
        return new WebSocketReceiveResult(count, WebSocketMessageType.Text, _rest.Length == 0);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (_state is not (WebSocketState.Open or WebSocketState.CloseReceived) || !_peer!._inbound.Writer.TryWrite([.. buffer]))
        {
            throw new WebSocketException(WebSocketError.InvalidState);
        }

        return Task.CompletedTask;
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        _peer!._inbound.Writer.TryWrite(null);
        _state = _state == WebSocketState.CloseReceived ? WebSocketState.Closed : WebSocketState.CloseSent;
        return Task.CompletedTask;
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    public override void Dispose() => Abort();
}
