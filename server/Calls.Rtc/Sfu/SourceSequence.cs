using System.Numerics;
using System.Runtime.CompilerServices;
using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>
/// The numbering of one inbound stream: extends its sequence numbers, refuses repetitions, and closes the gaps of packets that
/// are deliberately not forwarded, so that no subscriber takes them for losses (media.md 4.3, media-99).
/// </summary>
internal struct SourceSequence
{
    /// <summary>How far a packet may be behind the newest: a second of 8 Mbit/s, as long as lost packets are asked for.</summary>
    public const int Window = 1024;

    private const int WordBits = 64;

    private bool _started;
    private long _highest;
    private long _skippedCount;

    // The bit of a number is that of its low 10 bits; numbers outside the window have none.
    private Bits _seen;
    private Bits _skipped;

    /// <summary>Highest number so far; counts cycles above its low 16 bits, from 0.</summary>
    public readonly long Highest => _highest;

    /// <summary>Admits a packet once.</summary>
    /// <param name="index">Its extended number.</param>
    /// <returns><c>false</c> for a repetition and for packets <see cref="Window"/> or more behind the newest.</returns>
    public bool TryAccept(ushort sequenceNumber, out long index)
    {
        if (!_started)
        {
            _started = true;
            _highest = index = sequenceNumber;
            Set(ref _seen, index);
            return true;
        }

        index = SequenceNumber.Extend(sequenceNumber, _highest);
        if (index <= _highest - Window)
        {
            return false;
        }

        if (index > _highest)
        {
            MoveTo(index);
        }
        else if (IsSet(_seen, index))
        {
            return false;
        }

        Set(ref _seen, index);
        return true;
    }

    /// <summary>Takes the packet just accepted out of the numbering.</summary>
    /// <remarks>A late one leaves a gap: packets after it are already on their way.</remarks>
    public void Skip(long index)
    {
        if (index == _highest)
        {
            Set(ref _skipped, index);
            _skippedCount++;
        }
    }

    /// <summary>The number of a packet just accepted in a sequence without the skipped ones.</summary>
    public readonly long Compact(long index) => index - _skippedCount + CountSkippedAfter(index);

    private static void Set(ref Bits bits, long index) => bits[Word(index)] |= 1UL << (int)(index & (WordBits - 1));

    private static bool IsSet(in Bits bits, long index) => (bits[Word(index)] >> (int)(index & (WordBits - 1)) & 1) != 0;

    private static int Word(long index) => (int)(index & (Window - 1)) / WordBits;

    private void MoveTo(long index)
    {
        if (index - _highest >= Window)
        {
            (_seen, _skipped) = (default, default);
        }
        else
        {
            for (long number = _highest + 1; number <= index; number++)
            {
                ulong others = ~(1UL << (int)(number & (WordBits - 1)));
                _seen[Word(number)] &= others;
                _skipped[Word(number)] &= others;
            }
        }

        _highest = index;
    }

    // Skipped packets newer than a late one do not shift it.
    private readonly int CountSkippedAfter(long index)
    {
        int count = 0;
        for (long number = index + 1; number <= _highest;)
        {
            int bit = (int)(number & (WordBits - 1));
            int length = (int)Math.Min(WordBits - bit, _highest - number + 1);
            ulong mask = (length == WordBits ? ulong.MaxValue : (1UL << length) - 1) << bit;
            count += BitOperations.PopCount(_skipped[Word(number)] & mask);
            number += length;
        }

        return count;
    }

    [InlineArray(Window / WordBits)]
    private struct Bits
    {
        private ulong _word;
    }
}
