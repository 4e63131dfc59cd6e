using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>An accepted TCP connection.</summary>
internal sealed class TcpStreamSocket : IStreamSocket
{
    // <linux/tcp.h>; Socket does not name them.
    private const int SolTcp = 6;
    private const int TcpUserTimeout = 18;
    private const int TcpNotSentLowWater = 25;

    /// <summary>What the system holds back for us beyond what is on its way; everything more would only be late.</summary>
    private const int NotSentBytes = 64 * 1024;

    /// <summary>How long sent bytes may stay unacknowledged; as long as consent lasts (RFC 7675, section 5.1).</summary>
    private const int UnacknowledgedMs = 30_000;

    public TcpStreamSocket(Socket socket)
    {
        Socket = socket;
        socket.Blocking = false;
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(SolTcp, TcpNotSentLowWater, BitConverter.GetBytes(NotSentBytes));
            socket.SetRawSocketOption(SolTcp, TcpUserTimeout, BitConverter.GetBytes(UnacknowledgedMs));
        }
    }

    public Socket Socket { get; }

    public int Receive(Span<byte> buffer)
    {
        int count = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => count == 0 ? -1 : count,
            SocketError.WouldBlock or SocketError.Interrupted => 0,
            _ => -1,
        };
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        int count = Socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock or SocketError.Interrupted or SocketError.NoBufferSpaceAvailable => 0,
            _ => -1,
        };
    }

    public void Dispose() => Socket.Dispose();
}
