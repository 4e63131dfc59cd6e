using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>
/// The numbering of one inbound stream: extends its sequence numbers, refuses repetitions, and closes the gaps of packets that
/// are deliberately not forwarded, so that no subscriber takes them for losses (media.md 4.3, media-99).
/// </summary>
internal struct SourceSequence
{
    private const int Window = 128;

    private bool _started;
    private long _highest;
    private long _skippedCount;

    // Bit i stands for the number _highest - i.
    private UInt128 _seen;
    private UInt128 _skipped;

    /// <summary>Highest number so far; counts cycles above its low 16 bits, from 0.</summary>
    public readonly long Highest => _highest;

    /// <summary>Admits a packet once.</summary>
    /// <param name="index">Its extended number.</param>
    /// <returns><c>false</c> for a repetition and for packets more than 127 behind the newest.</returns>
    public bool TryAccept(ushort sequenceNumber, out long index)
    {
        if (!_started)
        {
            _started = true;
            _highest = sequenceNumber;
            _seen = 1;
            index = sequenceNumber;
            return true;
        }

        index = SequenceNumber.Extend(sequenceNumber, _highest);
        long distance = index - _highest;
        if (distance > 0)
        {
            _seen = distance < Window ? _seen << (int)distance : 0;
            _skipped = distance < Window ? _skipped << (int)distance : 0;
            _seen |= 1;
            _highest = index;
            return true;
        }

        if (distance <= -Window)
        {
            return false;
        }

        UInt128 bit = UInt128.One << (int)-distance;
        bool isNew = (_seen & bit) == 0;
        _seen |= bit;
        return isNew;
    }

    /// <summary>Takes the packet just accepted out of the numbering.</summary>
    /// <remarks>A late one leaves a gap: packets after it are already on their way.</remarks>
    public void Skip(long index)
    {
        if (index == _highest)
        {
            _skipped |= 1;
            _skippedCount++;
        }
    }

    /// <summary>The number of a packet just accepted in a sequence without the skipped ones.</summary>
    public readonly long Compact(long index)
    {
        // Skipped packets newer than a late one do not shift it.
        UInt128 newer = _skipped & ((UInt128.One << (int)(_highest - index)) - 1);
        return index - _skippedCount + (long)UInt128.PopCount(newer);
    }
}
