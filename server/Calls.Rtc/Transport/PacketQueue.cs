namespace Calls.Rtc.Transport;

/// <summary>Received packets copied from one loop to another that owns their session, bounded: the newest are refused.</summary>
internal sealed class PacketQueue(int capacity)
{
    private readonly MpscSequence _sequence = new(capacity);
    private readonly Packet[] _packets = new Packet[capacity];
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity * PacketBuffer.Capacity);

    /// <summary>Copies a packet in; <c>false</c>: full, or longer than a slot. Any thread.</summary>
    public bool TryAdd(PacketKind kind, ReadOnlySpan<byte> datagram, TransportPath path, object session)
    {
        if (datagram.Length > PacketBuffer.MaxDatagram || !_sequence.TryClaim(out int slot, out long position))
        {
            return false;
        }

        datagram.CopyTo(_bytes.AsSpan(slot * PacketBuffer.Capacity));
        _packets[slot] = new(kind, datagram.Length, path, session);
        _sequence.Publish(position);
        return true;
    }

    /// <summary>The oldest packet and its bytes, both valid until <see cref="Release"/>. Loop thread only.</summary>
    public bool TryPeek(out Packet packet, out Span<byte> datagram)
    {
        if (!_sequence.TryPeek(out int slot))
        {
            packet = default;
            datagram = default;
            return false;
        }

        packet = _packets[slot];
        datagram = _bytes.AsSpan(slot * PacketBuffer.Capacity, packet.Length);
        // Must not keep a closed session alive.
        _packets[slot] = default;
        return true;
    }

    public void Release() => _sequence.Release();

    internal readonly record struct Packet(PacketKind Kind, int Length, TransportPath Path, object Session);
}
