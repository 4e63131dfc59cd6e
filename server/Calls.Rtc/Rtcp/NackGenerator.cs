namespace Calls.Rtc.Rtcp;

/// <summary>Which packets of a received stream are missing, and when to ask for each (media.md 4.8, RFC 4585 section 6.2.1).</summary>
/// <remarks>Pure and owned by one loop; allocates nothing after construction. Works on extended sequence numbers.</remarks>
internal sealed class NackGenerator
{
    /// <summary>Packets missing at a time. With more, only a key frame helps.</summary>
    public const int MaxMissing = 512;

    /// <summary>A gap may be mere reordering for this long.</summary>
    public const long FirstRequestMs = 20;

    /// <summary>Shortest time between two requests for a packet; the round trip if that is longer.</summary>
    public const long MinIntervalMs = 40;

    public const int MaxTries = 10;

    /// <summary>A packet that comes later than this after its gap was seen is of no use any more.</summary>
    public const long MaxAgeMs = 1000;

    // Ascending by number.
    private readonly Missing[] _missing = new Missing[MaxMissing];
    private int _count;
    private bool _started;
    private bool _hasGivenUp;
    private long _highest;

    /// <summary>Packets that are missing and may still come.</summary>
    public int Count => _count;

    /// <summary>When <see cref="TakeDue"/> has something to say; <see cref="long.MaxValue"/> if nothing is missing.</summary>
    public long NextDueMs { get; private set; } = long.MaxValue;

    /// <summary>Packets that were given up so far.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Whether a packet has come, or was given up: it is neither newer than all others nor missing.</summary>
    public bool HasSeen(long index) => _started && index <= _highest && Find(index) < 0;

    /// <summary>A packet arrived, in order, late or repaired.</summary>
    /// <param name="repairMs">Time since the first request for it; 0 without one.</param>
    /// <returns>How often it had been asked for.</returns>
    public int OnPacket(long index, long nowMs, out long repairMs)
    {
        repairMs = 0;
        if (!_started)
        {
            (_started, _highest) = (true, index);
            return 0;
        }

        if (index <= _highest)
        {
            return Remove(index, nowMs, out repairMs);
        }

        long gap = index - _highest - 1;
        if (gap > MaxMissing - _count)
        {
            GivenUp += gap + _count;
            _hasGivenUp = true;
            Clear();
        }
        else
        {
            for (long missing = _highest + 1; missing < index; missing++)
            {
                _missing[_count++] = new() { Index = missing, SeenMs = nowMs, DueMs = nowMs + FirstRequestMs };
            }

            NextDueMs = gap > 0 ? Math.Min(NextDueMs, nowMs + FirstRequestMs) : NextDueMs;
        }

        _highest = index;
        return 0;
    }

    /// <summary>Lists the packets to ask for now, and gives up those that were asked for often or long enough.</summary>
    /// <param name="roundTripMs">To the sender of the stream.</param>
    /// <param name="numbers">Filled in ascending order; what has no room stays due.</param>
    /// <returns>How many.</returns>
    public int TakeDue(long nowMs, long roundTripMs, Span<ushort> numbers)
    {
        long intervalMs = Math.Max(MinIntervalMs, roundTripMs);
        int taken = 0;
        int kept = 0;
        NextDueMs = long.MaxValue;
        for (int i = 0; i < _count; i++)
        {
            ref Missing missing = ref _missing[i];
            if (missing.DueMs <= nowMs)
            {
                if (missing.Tries >= MaxTries || nowMs - missing.SeenMs >= MaxAgeMs)
                {
                    _hasGivenUp = true;
                    GivenUp++;
                    continue;
                }

                if (taken < numbers.Length)
                {
                    numbers[taken++] = (ushort)missing.Index;
                    missing.Tries++;
                    missing.AskedMs = missing.Tries == 1 ? nowMs : missing.AskedMs;
                    missing.DueMs = nowMs + intervalMs;
                }
            }

            NextDueMs = Math.Min(NextDueMs, missing.DueMs);
            _missing[kept++] = missing;
        }

        _count = kept;
        return taken;
    }

    /// <summary>Whether a packet was given up since the last call: the picture is broken until the next key frame.</summary>
    public bool TakeHasGivenUp()
    {
        bool hasGivenUp = _hasGivenUp;
        _hasGivenUp = false;
        return hasGivenUp;
    }

    /// <summary>A key frame began at this number: what came before it is not needed any more.</summary>
    public void ForgetBefore(long index)
    {
        int first = 0;
        while (first < _count && _missing[first].Index < index)
        {
            first++;
        }

        RemoveRange(0, first);
    }

    /// <summary>Nobody needs the stream at present: a gap up to its next packet is none.</summary>
    public void Reset()
    {
        Clear();
        _started = false;
    }

    private void Clear()
    {
        _count = 0;
        NextDueMs = long.MaxValue;
    }

    private int Remove(long index, long nowMs, out long repairMs)
    {
        int slot = Find(index);
        if (slot < 0)
        {
            repairMs = 0;
            return 0;
        }

        Missing found = _missing[slot];
        repairMs = found.Tries > 0 ? nowMs - found.AskedMs : 0;
        RemoveRange(slot, 1);
        return found.Tries;
    }

    private int Find(long index)
    {
        int low = 0;
        int high = _count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_missing[middle].Index == index)
            {
                return middle;
            }

            (low, high) = _missing[middle].Index < index ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private void RemoveRange(int first, int count)
    {
        Array.Copy(_missing, first + count, _missing, first, _count - first - count);
        _count -= count;
        NextDueMs = _count == 0 ? long.MaxValue : NextDueMs;
    }

    private struct Missing
    {
        public long Index;
        public long SeenMs;
        public long DueMs;
        public long AskedMs;
        public int Tries;
    }
}
