using Calls.Rtc.Rtcp;

namespace Calls.Rtc.Sfu;

/// <summary>NACK items on their way from the subscriber's loop to the publisher's, which alone may send the stream.</summary>
/// <remarks>One loop adds, one takes; bounded: what does not fit is dropped, and the subscriber asks again.</remarks>
internal sealed class NackRequests
{
    /// <summary>Items of up to 17 packets each.</summary>
    public const int Capacity = 64;

    // First number in the upper half, the bits of the following ones in the lower (RFC 4585, section 6.2.1).
    private readonly uint[] _items = new uint[Capacity];
    private long _added;
    private long _taken;

    /// <summary>[publisher's loop] Whether an item waits.</summary>
    public bool HasSome => _taken < Volatile.Read(ref _added);

    /// <summary>[subscriber's loop] Takes over the items of a packet.</summary>
    /// <returns>How many found room.</returns>
    public int Add(in Nack nack)
    {
        long added = _added;
        int room = Capacity - (int)(added - Volatile.Read(ref _taken));
        int count = Math.Min(room, nack.ItemCount);
        for (int i = 0; i < count; i++)
        {
            nack.GetItem(i, out ushort number, out ushort following);
            _items[(added + i) % Capacity] = ((uint)number << 16) | following;
        }

        Volatile.Write(ref _added, added + count);
        return count;
    }

    /// <summary>[publisher's loop] The oldest item.</summary>
    public bool TryTake(out ushort number, out ushort following)
    {
        long taken = _taken;
        bool hasOne = HasSome;
        uint item = hasOne ? _items[taken % Capacity] : 0;
        (number, following) = ((ushort)(item >> 16), (ushort)item);
        if (hasOne)
        {
            Volatile.Write(ref _taken, taken + 1);
        }

        return hasOne;
    }
}
