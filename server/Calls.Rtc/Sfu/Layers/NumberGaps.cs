namespace Calls.Rtc.Sfu.Layers;

/// <summary>
/// Closes the gaps of numbers that are deliberately left out, so that a receiver sees no loss; numbers that are really missing
/// keep their place. For sequence numbers and for picture ids.
/// </summary>
/// <remarks>Numbers are extended, never wrapped. Remembers the newest 128.</remarks>
internal struct NumberGaps
{
    private const int Window = 128;

    private bool _started;
    private long _highest;
    private long _skippedCount;

    // Bit i stands for the number _highest - i.
    private UInt128 _skipped;

    public readonly bool HasStarted => _started;

    public readonly long Highest => _highest;

    /// <summary>Whether a number is newer than all before.</summary>
    public readonly bool IsNew(long number) => !_started || number > _highest;

    /// <summary>Too old to say whether it was left out.</summary>
    public readonly bool IsForgotten(long number) => _started && _highest - number >= Window;

    /// <summary>Whether a number was left out. New ones were not.</summary>
    public readonly bool IsSkipped(long number) =>
        _started && number <= _highest && _highest - number < Window && ((_skipped >> (int)(_highest - number)) & 1) != 0;

    /// <summary>Makes a new number the highest, and leaves it out if asked to.</summary>
    public void Advance(long number, bool skip)
    {
        long distance = _started ? number - _highest : 0;
        _skipped = distance < Window ? _skipped << (int)distance : 0;
        _skipped |= skip ? UInt128.One : 0;
        _skippedCount += skip ? 1 : 0;
        (_started, _highest) = (true, number);
    }

    /// <summary>Leaves out a number that came late, if nothing after it was kept: then it leaves no gap.</summary>
    public bool TrySkipLate(long number)
    {
        long distance = _highest - number;
        if (!_started || distance <= 0 || distance >= Window)
        {
            return false;
        }

        UInt128 newer = (UInt128.One << (int)distance) - 1;
        if ((_skipped & newer) != newer)
        {
            return false;
        }

        _skipped |= UInt128.One << (int)distance;
        _skippedCount++;
        return true;
    }

    /// <summary>The number in a sequence without those left out.</summary>
    public readonly long Compact(long number)
    {
        if (number >= _highest)
        {
            return number - _skippedCount;
        }

        // What was left out after it does not shift it.
        UInt128 newer = _skipped & ((UInt128.One << (int)Math.Min(_highest - number, Window - 1)) - 1);
        return number - _skippedCount + (long)UInt128.PopCount(newer);
    }
}
