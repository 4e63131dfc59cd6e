using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>The one socket of a media loop, on the emulated network.</summary>
internal sealed class EmulatedSockets(PeerCall call) : DatagramSockets([])
{
    private readonly Queue<(TransportAddress From, byte[] Datagram)> _arrived = new();
    private readonly byte[][] _slots = [.. Enumerable.Range(0, ReceiveBatch).Select(static _ => new byte[PacketBuffer.Capacity])];
    private readonly List<(TransportAddress From, int Length)> _batch = [];
    private readonly byte[] _slot = new byte[PacketBuffer.Capacity];
    private bool _isWoken;

    public override int Count => 1;

    /// <summary>The loop has something to do.</summary>
    public bool IsReady => _isWoken || _arrived.Count > 0;

    public void Deliver(TransportAddress from, byte[] datagram) => _arrived.Enqueue((from, datagram));

    public override ulong Wait(int timeoutMs)
    {
        _isWoken = false;
        return _arrived.Count > 0 ? 1u : 0;
    }

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
}
