using System.Buffers.Binary;
using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>The UDP sockets of one loop, one per local address, and the batches read from and written to them.</summary>
/// <remarks>Loop thread only, except <see cref="Wake"/>, <see cref="TrySendNow"/> and <see cref="Dispose"/> (after the loop has ended).</remarks>
internal abstract class DatagramSockets(Socket[] sockets) : IDisposable
{
    public const int ReceiveBatch = 32;

    /// <summary>A burst of a picture for some dozen receivers, so that each one's packets can leave together.</summary>
    public const int SendBatch = 256;

    protected Socket[] Sockets { get; } = sockets;

    public virtual int Count => Sockets.Length;

    /// <summary>Blocks until a socket is readable, <see cref="Wake"/> was called or the time is over.</summary>
    /// <param name="timeoutMs">0 polls.</param>
    /// <returns>Bit i = socket i is readable. What else is ready is in <see cref="ReadyStreams"/>.</returns>
    public abstract ulong Wait(int timeoutMs);

    /// <summary>What the last <see cref="Wait"/> found ready of all that is watched; the rest is found by the next one.</summary>
    public abstract ReadOnlySpan<StreamEvent> ReadyStreams { get; }

    /// <summary>Waits for a stream or listener too, or for something else of it than until now.</summary>
    /// <param name="token">Comes back in <see cref="StreamEvent.Token"/>; the same for one stream as long as it is watched.</param>
    /// <param name="isAdded"><c>false</c>: it is watched already.</param>
    public abstract void Watch(IPollable stream, int token, bool isAdded, bool readable, bool writable);

    /// <summary>Forgets a stream. To be called before it is closed.</summary>
    public abstract void Unwatch(IPollable stream);

    /// <summary>Ends <see cref="Wait"/>, or the next one. Any thread.</summary>
    public abstract void Wake();

    /// <summary>Reads up to <see cref="ReceiveBatch"/> datagrams without blocking and returns their number.</summary>
    public abstract int Receive(int socket);

    /// <summary>A datagram of the last batch. Longer ones than <see cref="PacketBuffer.Capacity"/> are cut there.</summary>
    public abstract Span<byte> Datagram(int index, out TransportAddress source);

    /// <summary>The next send slot, <see cref="PacketBuffer.Capacity"/> bytes.</summary>
    public abstract Span<byte> Reserve();

    /// <summary>Queues the reserved slot; flushes a full batch.</summary>
    public abstract void Commit(int length, UdpPath path, ref TransportCounters counters);

    public abstract void Flush(ref TransportCounters counters);

    /// <summary>Sends one datagram at once; <c>false</c>: refused or closed. Any thread.</summary>
    public abstract bool TrySendNow(ReadOnlySpan<byte> datagram, UdpPath path);

    public virtual void Dispose()
    {
        foreach (Socket socket in Sockets)
        {
            socket.Dispose();
        }
    }

    /// <summary>Reads sockaddr_in or sockaddr_in6; port and address lie at the same offsets on all systems.</summary>
    protected TransportAddress ReadAddress(ReadOnlySpan<byte> sockaddr, int socket)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]);
        UInt128 address = Sockets[socket].AddressFamily == AddressFamily.InterNetwork
            ? TransportAddress.MapIPv4(BinaryPrimitives.ReadUInt32BigEndian(sockaddr[4..]))
            : BinaryPrimitives.ReadUInt128BigEndian(sockaddr[8..]);
        return new(address, port);
    }
}
