using System.Buffers.Binary;
using System.Net.Sockets;
using Calls.Rtc;
using Calls.Rtc.Transport;

namespace Calls.Network.Peer;

/// <summary>A client's TCP connection to a server: connecting at first, then framed packets both ways (RFC 4571).</summary>
internal sealed class TcpEnd : IDisposable
{
    private readonly Socket _socket;
    private readonly FrameReader _reader = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Task _connecting;

    public TcpEnd(TransportAddress server)
    {
        Server = server;
        _socket = new(server.IsIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _connecting = _socket.ConnectAsync(server.ToEndPoint());
    }

    public delegate void PacketHandler(Span<byte> packet);

    public TransportAddress Server { get; }

    /// <summary>It could not be established, or has ended.</summary>
    public bool IsOver { get; private set; }

    public void Send(ReadOnlySpan<byte> packet)
    {
        if (_connecting.IsFaulted)
        {
            IsOver = true;
        }

        if (!_connecting.IsCompletedSuccessfully || IsOver)
        {
            return;
        }

        byte[] frame = new byte[FrameReader.HeaderSize + packet.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)packet.Length);
        packet.CopyTo(frame.AsSpan(FrameReader.HeaderSize));
        try
        {
            _socket.Send(frame);
        }
        catch (SocketException)
        {
            IsOver = true;
        }
    }

    public void Receive(PacketHandler handle)
    {
        if (!_connecting.IsCompletedSuccessfully || IsOver || !_socket.Poll(0, SelectMode.SelectRead))
        {
            return;
        }

        int count = _socket.Receive(_buffer, SocketFlags.None, out SocketError error);
        if (count == 0 || error != SocketError.Success)
        {
            IsOver = true;
            return;
        }

        ReadOnlySpan<byte> arrived = _buffer.AsSpan(0, count);
        while (_reader.TryRead(ref arrived, ushort.MaxValue, out Span<byte> packet) == FrameResult.Packet)
        {
            handle(packet);
        }
    }

    public void Dispose() => _socket.Dispose();
}
