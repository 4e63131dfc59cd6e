using System.Net.WebSockets;
using System.Threading.Channels;

namespace Calls.Server.Load;

/// <summary>What a driven client has to say, in the order in which it was queued.</summary>
internal static class OutboundFrames
{
    /// <summary>Sends until the queue is completed or the server is gone, then cuts the socket.</summary>
    public static async Task SendAllAsync(WebSocket socket, ChannelReader<byte[]> frames)
    {
        try
        {
            await foreach (byte[] frame in frames.ReadAllAsync())
            {
                await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            }
        }
        catch (WebSocketException)
        {
            // The server is gone: the run will say who could not connect.
        }

        socket.Abort();
    }
}
