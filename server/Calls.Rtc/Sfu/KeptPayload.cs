using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>Where the payload of a packet that is being forwarded is kept for retransmission.</summary>
/// <param name="Payloads"><c>null</c>: nowhere.</param>
/// <param name="Index">From <see cref="PayloadHistory.Add"/>.</param>
internal readonly record struct KeptPayload(PayloadHistory? Payloads, long Index);
