namespace Calls.Rtc.Transport;

/// <summary>
/// The bookkeeping of a bounded ring with many producers and one consumer: which slot may be written or read next. The owner keeps
/// the slots' content in arrays of its own.
/// </summary>
/// <remarks>
/// Each slot has a turn number. A producer may claim slot i at position p when its turn is p, and publishes p + 1; the consumer
/// releases it with p + capacity, which is the producers' turn one lap later. No lock, no allocation.
/// </remarks>
internal sealed class MpscSequence
{
    private readonly long[] _turns;
    private readonly long _mask;
    private long _tail;
    private long _head;

    /// <param name="capacity">A power of two.</param>
    public MpscSequence(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(System.Numerics.BitOperations.IsPow2(capacity), true);
        _turns = new long[capacity];
        _mask = capacity - 1;
        for (int i = 0; i < capacity; i++)
        {
            _turns[i] = i;
        }
    }

    /// <summary>Claims a slot for writing; <c>false</c>: full. Any thread.</summary>
    /// <param name="position">To be passed to <see cref="Publish"/> once the slot is written.</param>
    public bool TryClaim(out int slot, out long position)
    {
        position = Volatile.Read(ref _tail);
        while (true)
        {
            slot = (int)(position & _mask);
            long ahead = Volatile.Read(ref _turns[slot]) - position;
            if (ahead < 0)
            {
                return false;
            }

            if (ahead == 0)
            {
                long seen = Interlocked.CompareExchange(ref _tail, position + 1, position);
                if (seen == position)
                {
                    return true;
                }

                position = seen;
            }
            else
            {
                position = Volatile.Read(ref _tail);
            }
        }
    }

    public void Publish(long position) => Volatile.Write(ref _turns[position & _mask], position + 1);

    /// <summary>The oldest published slot. Consumer only.</summary>
    public bool TryPeek(out int slot)
    {
        slot = (int)(_head & _mask);
        return Volatile.Read(ref _turns[slot]) == _head + 1;
    }

    /// <summary>Gives the slot of <see cref="TryPeek"/> back to the producers. Consumer only.</summary>
    public void Release()
    {
        Volatile.Write(ref _turns[_head & _mask], _head + _mask + 1);
        _head++;
    }
}
