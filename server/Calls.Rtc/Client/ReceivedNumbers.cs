using Calls.Rtc.Rtp;

namespace Calls.Rtc.Client;

/// <summary>Extends the numbers of a received stream and tells which of the last ones have come.</summary>
internal struct ReceivedNumbers
{
    private const int Window = 64;

    private bool _started;
    private long _highest;

    // Bit i stands for the number _highest - i.
    private ulong _seen;

    public readonly long Extend(ushort number) => _started ? SequenceNumber.Extend(number, _highest) : number;

    /// <summary>Notes a packet; <c>false</c> if it has come before or is too old to tell.</summary>
    public bool TryAccept(long index)
    {
        if (!_started)
        {
            (_started, _highest, _seen) = (true, index, 1);
            return true;
        }

        long distance = index - _highest;
        if (distance > 0)
        {
            _seen = distance < Window ? (_seen << (int)distance) | 1 : 1;
            _highest = index;
            return true;
        }

        ulong bit = distance > -Window ? 1UL << (int)-distance : 0;
        bool isNew = bit != 0 && (_seen & bit) == 0;
        _seen |= bit;
        return isNew;
    }
}
