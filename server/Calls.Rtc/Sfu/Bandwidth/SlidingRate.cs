namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>How much passes per second, over a sliding half second of one clock.</summary>
/// <remarks>Allocates nothing after construction.</remarks>
internal sealed class SlidingRate
{
    private const int SlotMs = 20;
    private const int Slots = 25;
    private const int LatestSlots = 8;

    private readonly int[] _bytes = new int[Slots];
    private long _first = -1;
    private long _newest;
    private long _total;

    /// <summary>In bit/s; 0 before half a window has been seen.</summary>
    public long BitsPerSecond
    {
        get
        {
            long slots = _first < 0 ? 0 : Math.Min(Slots, _newest - _first + 1);
            return slots < Slots / 2 ? 0 : _total * 8 * 1000 / (slots * SlotMs);
        }
    }

    /// <summary>
    /// The same over the last 160 ms: while a queue grows, this is what the bottleneck carries, whatever was sent before. 0 before
    /// that much has been seen.
    /// </summary>
    public long LatestBitsPerSecond
    {
        get
        {
            if (_first < 0 || _newest - _first < LatestSlots)
            {
                return 0;
            }

            // Without the newest slot, which is still filling.
            long bytes = 0;
            for (int i = 1; i <= LatestSlots; i++)
            {
                bytes += _bytes[Index(_newest - i)];
            }

            return bytes * 8 * 1000 / (LatestSlots * SlotMs);
        }
    }

    public void OnPacket(int sizeBytes, double arrivalMs)
    {
        long slot = (long)(arrivalMs / SlotMs);
        if (_first < 0 || slot < _newest - (10 * Slots))
        {
            // The first packet, or a clock that was set back.
            Array.Clear(_bytes);
            (_first, _newest, _total) = (slot, slot, 0);
        }

        for (long gone = Math.Max(_newest, slot - Slots) + 1; gone <= slot; gone++)
        {
            _total -= _bytes[Index(gone)];
            _bytes[Index(gone)] = 0;
        }

        _newest = Math.Max(_newest, slot);
        if (slot > _newest - Slots)
        {
            _bytes[Index(slot)] += sizeBytes;
            _total += sizeBytes;
        }
    }

    private static int Index(long slot) => (int)(((slot % Slots) + Slots) % Slots);
}
