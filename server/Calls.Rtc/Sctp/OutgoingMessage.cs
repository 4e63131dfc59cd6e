namespace Calls.Rtc.Sctp;

/// <summary>A message from its acceptance until its last byte is acknowledged.</summary>
internal sealed record OutgoingMessage(long Number, ushort StreamId, uint Ppid, byte[] Data);
