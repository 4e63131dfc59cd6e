namespace Calls.Rtc.Sctp;

/// <summary>What <see cref="ReceiveBuffer"/> did with a DATA chunk.</summary>
internal enum DataArrival
{
    /// <summary>It is the next in order; the buffer has moved past it and does not keep it.</summary>
    InOrder,

    /// <summary>It is kept until the gap before it is closed.</summary>
    Held,

    Duplicate,

    /// <summary>Too far ahead, or no room: dropped, as if lost.</summary>
    OutsideWindow,
}
