using System.Runtime.CompilerServices;

namespace Calls.Rtc.Sfu.Layers;

/// <summary>
/// Closes the gaps of numbers that are deliberately left out, so that a receiver sees no loss; numbers that are really missing
/// keep their place. For sequence numbers and for picture ids.
/// </summary>
/// <remarks>Numbers are extended, never wrapped. Remembers the newest 1024, as <see cref="SourceSequence"/> does.</remarks>
internal struct NumberGaps
{
    public const int Window = 1024;

    private const int WordBits = 64;

    private long _skippedCount;

    // One bit per number, at its place modulo the window.
    private Bits _skipped;

    public bool HasStarted { get; private set; }

    public long Highest { get; private set; }

    /// <summary>Whether a number is newer than all before.</summary>
    public readonly bool IsNew(long number) => !HasStarted || number > Highest;

    /// <summary>Too old to say whether it was left out.</summary>
    public readonly bool IsForgotten(long number) => HasStarted && Highest - number >= Window;

    /// <summary>Whether a number was left out. New ones were not.</summary>
    public readonly bool IsSkipped(long number) =>
        HasStarted && number <= Highest && Highest - number < Window && (_skipped[Word(number)] & Bit(number)) != 0;

    /// <summary>Makes a new number the highest, and leaves it out if asked to.</summary>
    public void Advance(long number, bool skip)
    {
        long first = HasStarted ? Math.Max(Highest + 1, number - Window + 1) : number;
        for (long between = first; between < number; between++)
        {
            _skipped[Word(between)] &= ~Bit(between);
        }

        _skipped[Word(number)] = skip ? _skipped[Word(number)] | Bit(number) : _skipped[Word(number)] & ~Bit(number);
        _skippedCount += skip ? 1 : 0;
        (HasStarted, Highest) = (true, number);
    }

    /// <summary>Leaves out a number that came late, if nothing after it was kept: then it leaves no gap.</summary>
    public bool TrySkipLate(long number)
    {
        if (!HasStarted || number >= Highest || IsForgotten(number) || CountSkippedAfter(number) < Highest - number)
        {
            return false;
        }

        _skipped[Word(number)] |= Bit(number);
        _skippedCount++;
        return true;
    }

    /// <summary>The number in a sequence without those left out.</summary>
    public readonly long Compact(long number) =>
        number >= Highest ? number - _skippedCount : number - _skippedCount + CountSkippedAfter(number);

    private static int Word(long number) => (int)(number & (Window - 1)) / WordBits;

    private static ulong Bit(long number) => 1UL << (int)(number & (WordBits - 1));

    // What was left out after a late number does not shift it. Late numbers are few, and most of them just late.
    private readonly long CountSkippedAfter(long number)
    {
        long count = 0;
        for (long newer = Math.Max(number + 1, Highest - Window + 1); newer <= Highest; newer++)
        {
            count += (_skipped[Word(newer)] & Bit(newer)) != 0 ? 1 : 0;
        }

        return count;
    }

    [InlineArray(Window / WordBits)]
    private struct Bits
    {
        private ulong _first;
    }
}
