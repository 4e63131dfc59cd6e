namespace Calls.Rtc.Rtp;

/// <summary>What <see cref="RtpWriter"/> puts in the place of the publisher's numbers.</summary>
/// <param name="AudioLevel">The audio-level octet (V bit and level) as received, <c>null</c> without one.</param>
/// <param name="TransportSequenceNumber">Written if <see cref="RtpExtensionIds.TransportCc"/> is not 0.</param>
internal readonly record struct OutboundRtpHeader(
    uint Ssrc,
    byte PayloadType,
    bool HasMarker,
    ushort SequenceNumber,
    uint Timestamp,
    RtpExtensionIds ExtensionIds,
    byte? AudioLevel,
    ushort TransportSequenceNumber);
