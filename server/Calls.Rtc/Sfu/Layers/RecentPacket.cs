namespace Calls.Rtc.Sfu.Layers;

/// <summary>A packet of a layer that came lately, for those who find out afterwards that they need it.</summary>
internal readonly record struct RecentPacket(long Sequence, uint Timestamp, bool HasMarker, KeptPayload Kept);
