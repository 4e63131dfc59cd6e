namespace Calls.Rtc.Transport;

/// <summary>
/// A loop's outgoing batch. <see cref="Reserve"/> gives the next slot, the packet is built in it in place, and
/// <see cref="Commit"/> queues it. Batches are flushed at the end of each receive batch, never on a timer.
/// </summary>
/// <remarks>Owned by one loop: not thread-safe. Neither method allocates.</remarks>
public interface IPacketSink
{
    /// <summary>The next slot: <see cref="PacketBuffer.Capacity"/> writable bytes. Reserving again without commit reuses it.</summary>
    Span<byte> Reserve();

    /// <summary>Queues the first <paramref name="length"/> bytes of the reserved slot for <paramref name="path"/>.</summary>
    void Commit(int length, TransportPath path);

    /// <summary>Whoever sends through this has more to send at that time: its handler is called then, once.</summary>
    /// <param name="atMs">Monotonic milliseconds.</param>
    void WakeAt(long atMs)
    {
        // Whoever drives this sink by hand comes by anyway.
    }
}

/// <summary>Sizes of packet buffers, in bytes.</summary>
public static class PacketBuffer
{
    /// <summary>Largest datagram handled: Ethernet's 1500 rounded up, as nothing in the field sends more.</summary>
    public const int MaxDatagram = 1500;

    /// <summary>Room for <see cref="MaxDatagram"/> plus an added header extension, the SRTP tag and cipher slack.</summary>
    public const int Capacity = 2048;
}
