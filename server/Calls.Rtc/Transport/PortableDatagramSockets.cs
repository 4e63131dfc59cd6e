using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>The same sockets through <see cref="Socket"/> alone, one call per datagram: for systems without recvmmsg.</summary>
internal sealed class PortableDatagramSockets : DatagramSockets
{
    private readonly Socket _wake;
    private readonly List<Socket> _waiting = [];
    private readonly List<Socket> _writable = [];
    private readonly Dictionary<Socket, Watched> _streams = [];
    private readonly List<StreamEvent> _readyStreams = [];
    private readonly byte[] _receiveSlots = new byte[ReceiveBatch * PacketBuffer.Capacity];
    private readonly int[] _lengths = new int[ReceiveBatch];
    private readonly TransportAddress[] _sources = new TransportAddress[ReceiveBatch];
    private readonly SocketAddress[] _addresses;
    private readonly byte[] _sendSlot = new byte[PacketBuffer.Capacity];

    public PortableDatagramSockets(Socket[] sockets)
        : base(sockets)
    {
        _addresses = [.. sockets.Select(socket => new SocketAddress(socket.AddressFamily))];

        // Connected to itself: a byte sent is a byte to read.
        _wake = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _wake.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wake.Connect(_wake.LocalEndPoint!);
    }

    public override ulong Wait(int timeoutMs)
    {
        _waiting.Clear();
        _waiting.AddRange(Sockets);
        _waiting.Add(_wake);
        _waiting.AddRange(_streams.Where(static stream => stream.Value.IsReadable).Select(static stream => stream.Key));
        _writable.Clear();
        _writable.AddRange(_streams.Where(static stream => stream.Value.IsWritable).Select(static stream => stream.Key));
        Socket.Select(_waiting, _writable.Count == 0 ? null : _writable, null, timeoutMs * 1000);
        _readyStreams.Clear();
        _readyStreams.AddRange(_writable.Select(socket => new StreamEvent(_streams[socket].Token, IsReadable: false, IsWritable: true)));
        ulong ready = 0;
        foreach (Socket socket in _waiting)
        {
            if (socket == _wake)
            {
                _wake.Receive(_sendSlot);
            }
            else if (_streams.TryGetValue(socket, out Watched watched))
            {
                _readyStreams.Add(new(watched.Token, IsReadable: true, IsWritable: false));
            }
            else
            {
                ready |= 1ul << Array.IndexOf(Sockets, socket);
            }
        }

        return ready;
    }

    public override ReadOnlySpan<StreamEvent> ReadyStreams => CollectionsMarshal.AsSpan(_readyStreams);

    public override void Watch(IPollable stream, int token, bool isAdded, bool readable, bool writable) =>
        _streams[stream.Socket!] = new(token, readable, writable);

    public override void Unwatch(IPollable stream) => _streams.Remove(stream.Socket!);

    public override void Wake() => _wake.Send([1]);

    public override int Receive(int socket)
    {
        int count = 0;
        SocketAddress address = _addresses[socket];
        while (count < ReceiveBatch && Sockets[socket].Poll(0, SelectMode.SelectRead))
        {
            try
            {
                Span<byte> slot = _receiveSlots.AsSpan(count * PacketBuffer.Capacity, PacketBuffer.Capacity);
                _lengths[count] = Sockets[socket].ReceiveFrom(slot, SocketFlags.None, address);
                _sources[count] = ReadAddress(address.Buffer.Span, socket);
                count++;
            }
            catch (SocketException)
            {
                // An earlier send was refused by its target (ICMP); nothing was received.
                break;
            }
        }

        return count;
    }

    public override Span<byte> Datagram(int index, out TransportAddress source)
    {
        source = _sources[index];
        return _receiveSlots.AsSpan(index * PacketBuffer.Capacity, _lengths[index]);
    }

    public override Span<byte> Reserve() => _sendSlot;

    public override void Commit(int length, UdpPath path, ref TransportCounters counters)
    {
        counters.SentBytes += length;
        if (TrySendNow(_sendSlot.AsSpan(0, length), path))
        {
            counters.Sent++;
        }
        else
        {
            counters.SendErrors++;
        }
    }

    public override void Flush(ref TransportCounters counters)
    {
        // Nothing waits: every packet left when it was committed.
    }

    public override bool TrySendNow(ReadOnlySpan<byte> datagram, UdpPath path)
    {
        try
        {
            return Sockets[path.LocalIndex].SendTo(datagram, SocketFlags.None, path.SocketAddress) == datagram.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _wake.Dispose();
    }

    private readonly record struct Watched(int Token, bool IsReadable, bool IsWritable);
}
