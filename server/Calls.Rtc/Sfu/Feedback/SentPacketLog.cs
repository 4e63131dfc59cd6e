namespace Calls.Rtc.Sfu.Feedback;

/// <summary>Time, size and kind of the last packets sent to one client, by transport-wide number.</summary>
/// <remarks>
/// Every loop that forwards to the client adds to it, the loop that owns the client's session reads: an entry is one 64-bit word, so
/// that it is never seen half written, and needs no lock. Allocates nothing after construction.
/// </remarks>
internal sealed class SentPacketLog
{
    /// <summary>Packets remembered: 4 s of 1000 packets per second. 32 KiB.</summary>
    public const int Capacity = 4096;

    /// <summary>Largest size that an entry holds; nothing longer is ever sent.</summary>
    public const int MaxSizeBytes = (1 << 11) - 1;

    // An entry from the lowest bit up: 32 bits of time, 16 of number, 11 of size, 2 of kind, reported as lost, in use.
    private const int NumberShift = 32;
    private const int SizeShift = 48;
    private const int KindShift = 59;
    private const ulong LostBit = 1UL << 61;
    private const ulong UsedBit = 1UL << 62;

    private readonly ulong[] _entries = new ulong[Capacity];

    /// <summary>Any thread: notes a packet as it is handed to the socket.</summary>
    public void Add(ushort number, int sizeBytes, SentPacketKind kind, long nowMs) => Volatile.Write(
        ref _entries[number % Capacity],
        UsedBit | ((ulong)kind << KindShift) | ((ulong)Math.Min(sizeBytes, MaxSizeBytes) << SizeShift) | ((ulong)number << NumberShift) | (uint)nowMs);

    /// <summary>[loop] Takes what is known of a packet that a feedback names.</summary>
    /// <returns><c>false</c>: never sent, forgotten, or already told.</returns>
    public bool TryTake(ushort number, bool isReceived, long arrivalTicks, long nowMs, out PacketFeedback feedback)
    {
        ref ulong slot = ref _entries[number % Capacity];
        ulong entry = Volatile.Read(ref slot);
        feedback = default;
        if ((entry & UsedBit) == 0 || (ushort)(entry >> NumberShift) != number || (!isReceived && (entry & LostBit) != 0))
        {
            return false;
        }

        // A packet reported as lost may come late; one reported as received is done with. Somebody who reuses the slot wins.
        if (Interlocked.CompareExchange(ref slot, isReceived ? 0 : entry | LostBit, entry) != entry)
        {
            return false;
        }

        feedback = new(
            number,
            nowMs - (int)((uint)nowMs - (uint)entry),
            (int)(entry >> SizeShift) & MaxSizeBytes,
            (SentPacketKind)((entry >> KindShift) & 3),
            isReceived,
            isReceived ? arrivalTicks : 0);
        return true;
    }
}
