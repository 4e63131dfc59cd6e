using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>The one socket of a media loop, on the emulated network.</summary>
internal sealed class EmulatedSockets(PeerCall call) : DatagramSockets([])
{
    private readonly Queue<(TransportAddress From, byte[] Datagram)> _arrived = new();
    private readonly byte[][] _slots = [.. Enumerable.Range(0, ReceiveBatch).Select(static _ => new byte[PacketBuffer.Capacity])];
    private readonly List<(TransportAddress From, int Length)> _batch = [];
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];
    private readonly Dictionary<IPollable, (int Token, bool Readable, bool Writable)> _watched = [];
    private StreamEvent[] _readyStreams = [];
    private bool _isWoken;

    public override int Count => 1;

    /// <summary>The loop has something to do.</summary>
    public bool IsReady => _isWoken || _arrived.Count > 0 || FindReady().Any();

    public EmulatedListener Listener { get; } = new();

    public override ReadOnlySpan<StreamEvent> ReadyStreams => _readyStreams;

    public void Deliver(TransportAddress from, byte[] datagram) => _arrived.Enqueue((from, datagram));

    public override ulong Wait(int timeoutMs)
    {
        _isWoken = false;
        _readyStreams = [.. FindReady()];
        return _arrived.Count > 0 ? 1u : 0;
    }

    public override void Watch(IPollable stream, int token, bool isAdded, bool readable, bool writable) => _watched[stream] = (token, readable, writable);

    public override void Unwatch(IPollable stream) => _watched.Remove(stream);

    public override void Wake() => _isWoken = true;

    public override int Receive(int socket)
    {
        _batch.Clear();
        while (_batch.Count < ReceiveBatch && _arrived.TryDequeue(out (TransportAddress From, byte[] Datagram) next))
        {
            next.Datagram.CopyTo(_slots[_batch.Count], 0);
            _batch.Add((next.From, next.Datagram.Length));
        }

        return _batch.Count;
    }

    public override Span<byte> Datagram(int index, out TransportAddress source)
    {
        (source, int length) = _batch[index];
        return _slots[index].AsSpan(0, length);
    }

    public override Span<byte> Reserve() => _slot;

    public override void Commit(int length, UdpPath path, ref TransportCounters counters)
    {
        counters.Sent++;
        call.SendFromServer(_slot.AsSpan(0, length), path.Remote);
    }

    public override void Flush(ref TransportCounters counters)
    {
        // Nothing waits: every packet left when it was committed.
    }

    public override bool TrySendNow(ReadOnlySpan<byte> datagram, UdpPath path)
    {
        call.SendFromServer(datagram, path.Remote);
        return true;
    }

    private IEnumerable<StreamEvent> FindReady()
    {
        foreach ((IPollable watched, (int token, bool readable, bool writable)) in _watched)
        {
            bool isReadable = readable && (watched is EmulatedListener { IsReadable: true } or EmulatedStream { IsReadable: true });
            bool isWritable = writable && watched is EmulatedStream { IsWritable: true };
            if (isReadable || isWritable)
            {
                yield return new(token, isReadable, isWritable);
            }
        }
    }
}
