using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>A listening TCP socket.</summary>
internal sealed class TcpStreamListener : IStreamListener
{
    public TcpStreamListener(Socket socket)
    {
        Socket = socket;
        socket.Blocking = false;
    }

    public Socket Socket { get; }

    public AcceptResult TryAccept(out IStreamSocket? stream, out TransportAddress remote)
    {
        stream = null;
        remote = default;
        if (!Socket.Poll(0, SelectMode.SelectRead))
        {
            return AcceptResult.None;
        }

        Socket? accepted = null;
        try
        {
            accepted = Socket.Accept();
            remote = TransportAddress.From((IPEndPoint)accepted.RemoteEndPoint!, isTcp: true);
            stream = new TcpStreamSocket(accepted);
            return AcceptResult.Accepted;
        }
        catch (SocketException failure)
        {
            accepted?.Dispose();
            return failure.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable
                ? AcceptResult.Exhausted
                : AcceptResult.Gone;
        }
    }

    public void Dispose() => Socket.Dispose();
}
