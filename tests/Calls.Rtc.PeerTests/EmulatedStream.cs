using System.Net.Sockets;
using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>The server's end of a client's TCP connection: bytes arrive whole and in order, or not at all.</summary>
internal sealed class EmulatedStream(TransportAddress remote, Action<byte[]> send) : IStreamSocket
{
    private readonly Queue<byte> _arrived = new();
    private bool _hasEnded;

    public Socket? Socket => null;

    public TransportAddress Remote => remote;

    public bool IsReadable => _arrived.Count > 0 || _hasEnded;

    public bool IsWritable => Room > 0;

    /// <summary>Bytes that the peer takes before it takes no more.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>The server has closed it.</summary>
    public bool IsDisposed { get; private set; }

    public void Arrive(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            _arrived.Enqueue(value);
        }
    }

    public void End() => _hasEnded = true;

    public int Receive(Span<byte> buffer)
    {
        int count = 0;
        while (count < buffer.Length && _arrived.TryDequeue(out byte value))
        {
            buffer[count++] = value;
        }

        return count == 0 && _hasEnded ? -1 : count;
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, Room);
        Room -= Room == int.MaxValue ? 0 : count;
        if (count > 0)
        {
            send(bytes[..count].ToArray());
        }

        return count;
    }

    public void Dispose() => IsDisposed = true;
}
