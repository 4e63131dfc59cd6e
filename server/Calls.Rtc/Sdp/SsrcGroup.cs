namespace Calls.Rtc.Sdp;

/// <summary>An <c>a=ssrc-group</c> line (RFC 5576, section 4.2), for example <c>FID</c> of a stream and its retransmissions.</summary>
public sealed record SsrcGroup(string Semantics, IReadOnlyList<uint> Ssrcs);
