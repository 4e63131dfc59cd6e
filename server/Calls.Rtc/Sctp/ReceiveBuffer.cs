using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>Keeps DATA chunks until all before them have arrived, and knows what to tell the sender (RFC 9260, section 6.2).</summary>
/// <remarks>
/// The next chunk in order is never kept, so that a full buffer cannot block itself. Memory is bounded by the window:
/// each chunk is charged with its overhead, and no TSN further than <see cref="MaxTsnsAhead"/> is taken.
/// </remarks>
internal sealed class ReceiveBuffer(uint initialTsn, int window)
{
    /// <summary>How far ahead of the cumulative TSN a chunk may be. Twice what the window holds in full chunks.</summary>
    public const int MaxTsnsAhead = 2048;

    /// <summary>More gaps or duplicates are not reported; 20 and 16 of them fit every packet.</summary>
    public const int MaxGapBlocks = 20;

    public const int MaxDuplicates = 16;

    /// <summary>Bytes that a held chunk costs besides its data: array header and slot.</summary>
    private const int HeldOverhead = 56;

    private const int InitialCapacity = 16;

    private readonly uint[] _duplicates = new uint[MaxDuplicates];

    // Indexed by TSN modulo its length, a power of two above the distance to the highest TSN held. Empty until first needed.
    private HeldData[] _held = [];
    private int _heldBytes;

    // Serial number order; equal to the cumulative TSN when nothing is held.
    private uint _highestTsn = initialTsn - 1;

    /// <summary>The last TSN before the first gap.</summary>
    public uint CumulativeTsn { get; private set; } = initialTsn - 1;

    public bool HasGap => _highestTsn != CumulativeTsn;

    /// <summary>TSNs received more than once since <see cref="ClearDuplicates"/>.</summary>
    public ReadOnlySpan<uint> Duplicates => _duplicates.AsSpan(0, DuplicateCount);

    public int DuplicateCount { get; private set; }

    /// <summary>Bytes that may still come (a_rwnd).</summary>
    /// <param name="partialMessageLength">Bytes of a message that is not complete yet.</param>
    public uint AvailableWindow(int partialMessageLength) => (uint)Math.Max(0, window - _heldBytes - partialMessageLength);

    public DataArrival Accept(in DataChunk chunk)
    {
        uint ahead = chunk.Tsn - CumulativeTsn;
        if (!SerialNumber.IsAfter(chunk.Tsn, CumulativeTsn) || IsHeld(chunk.Tsn))
        {
            if (DuplicateCount < MaxDuplicates)
            {
                _duplicates[DuplicateCount++] = chunk.Tsn;
            }

            return DataArrival.Duplicate;
        }

        if (ahead == 1)
        {
            Advance();
            return DataArrival.InOrder;
        }

        int charge = chunk.UserData.Length + HeldOverhead;
        if (ahead > MaxTsnsAhead || _heldBytes + charge > window)
        {
            return DataArrival.OutsideWindow;
        }

        EnsureCapacity((int)ahead);
        _held[Slot(chunk.Tsn)] = new HeldData
        {
            UserData = chunk.UserData.ToArray(),
            Ppid = chunk.Ppid,
            StreamId = chunk.StreamId,
            StreamSequenceNumber = chunk.StreamSequenceNumber,
            Flags = chunk.Flags,
        };
        _heldBytes += charge;
        if (SerialNumber.IsAfter(chunk.Tsn, _highestTsn))
        {
            _highestTsn = chunk.Tsn;
        }

        return DataArrival.Held;
    }

    /// <summary>Takes out the chunk after <see cref="CumulativeTsn"/> and moves past it, if it is held.</summary>
    public bool TryTakeNext(out HeldData data)
    {
        data = default;
        uint next = CumulativeTsn + 1;
        if (!IsHeld(next))
        {
            return false;
        }

        ref HeldData slot = ref _held[Slot(next)];
        data = slot;
        slot = default;
        _heldBytes -= data.UserData!.Length + HeldOverhead;
        Advance();
        return true;
    }

    /// <summary>Moves past the TSN after <see cref="CumulativeTsn"/>, which the sender gave up, or right to <paramref name="limit"/> if nothing is held.</summary>
    public void SkipNext(uint limit)
    {
        if (HasGap)
        {
            Advance();
        }
        else
        {
            CumulativeTsn = limit;
            _highestTsn = limit;
        }
    }

    /// <summary>Lists what is held, as the gap blocks of a SACK.</summary>
    /// <param name="blocks">Room for at most <see cref="MaxGapBlocks"/>.</param>
    public int WriteGapBlocks(Span<(ushort Start, ushort End)> blocks)
    {
        int count = 0;
        uint distance = _highestTsn - CumulativeTsn;
        for (uint offset = 2; offset <= distance && count < blocks.Length; offset++)
        {
            if (!IsHeld(CumulativeTsn + offset))
            {
                continue;
            }

            uint start = offset;
            while (offset < distance && IsHeld(CumulativeTsn + offset + 1))
            {
                offset++;
            }

            blocks[count++] = ((ushort)start, (ushort)offset);
        }

        return count;
    }

    public void ClearDuplicates() => DuplicateCount = 0;

    private bool IsHeld(uint tsn) =>
        tsn - CumulativeTsn <= _highestTsn - CumulativeTsn && HasGap && _held[Slot(tsn)].UserData is not null;

    private int Slot(uint tsn) => (int)(tsn & (uint)(_held.Length - 1));

    private void Advance()
    {
        CumulativeTsn++;
        if (SerialNumber.IsAfter(CumulativeTsn, _highestTsn))
        {
            _highestTsn = CumulativeTsn;
        }

        if (!HasGap)
        {
            // Losses are rare; between them a session costs no buffer.
            _held = [];
        }
    }

    private void EnsureCapacity(int ahead)
    {
        if (ahead < _held.Length)
        {
            return;
        }

        int capacity = Math.Max(InitialCapacity, _held.Length);
        while (capacity <= ahead)
        {
            capacity *= 2;
        }

        HeldData[] old = _held;
        var grown = new HeldData[capacity];
        for (uint tsn = CumulativeTsn + 1; old.Length > 0 && !SerialNumber.IsAfter(tsn, _highestTsn); tsn++)
        {
            grown[tsn & (uint)(capacity - 1)] = old[tsn & (uint)(old.Length - 1)];
        }

        _held = grown;
    }
}
