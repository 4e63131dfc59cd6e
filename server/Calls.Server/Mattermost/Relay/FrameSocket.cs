using System.Buffers;
using System.Net.WebSockets;

namespace Calls.Server.Mattermost.Relay;

/// <summary>A WebSocket that gives whole messages and never throws: a broken one reports <see cref="FrameKind.Lost"/>.</summary>
/// <remarks>One receive and one send at a time.</remarks>
internal sealed class FrameSocket(WebSocket socket, int maxBytes) : IDisposable
{
    private const int FirstBuffer = 4096;

    /// <summary>Receives one message of at most the limit given at construction.</summary>
    public async ValueTask<ReceivedFrame> ReceiveAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBuffer, maxBytes + 1));
        int length = 0;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                length += part.Count;
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return Discard(buffer, FrameKind.Close);
                }

                if (length > maxBytes)
                {
                    return Discard(buffer, FrameKind.TooBig);
                }

                if (part.EndOfMessage)
                {
                    FrameKind kind = part.MessageType == WebSocketMessageType.Text ? FrameKind.Text : FrameKind.Binary;
                    return new ReceivedFrame(kind, buffer, length);
                }

                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, maxBytes);
                }
            }
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            return Discard(buffer, FrameKind.Lost);
        }
    }

    /// <summary>Sends one message; <c>false</c> when the connection is gone.</summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> payload, bool isText)
    {
        try
        {
            WebSocketMessageType type = isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
            await socket.SendAsync(payload, type, endOfMessage: true, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            return false;
        }
    }

    /// <summary>Sends a close frame without waiting for the peer's.</summary>
    public async Task CloseAsync(int code)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync((WebSocketCloseStatus)code, null, CancellationToken.None);
            }
        }
        catch (Exception exception) when (IsLoss(exception))
        {
            socket.Abort();
        }
    }

    /// <summary>Ends the connection at once, without a close frame.</summary>
    public void Abort() => socket.Abort();

    public void Dispose() => socket.Dispose();

    private static ReceivedFrame Discard(byte[] buffer, FrameKind kind)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        return ReceivedFrame.Without(kind);
    }

    // One byte above the limit is enough to see that it is passed.
    private static byte[] Grow(byte[] buffer, int maxBytes)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, maxBytes + 1));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static bool IsLoss(Exception exception) =>
        exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
