namespace Calls.Rtc.Sfu.Bandwidth;

/// <summary>What the delay of packets says about the queue in front of the bottleneck.</summary>
internal enum DelaySignal
{
    Normal,

    /// <summary>It grows: more is sent than the bottleneck carries.</summary>
    Overuse,

    /// <summary>It drains.</summary>
    Underuse,
}
