namespace Calls.Rtc.Sdp;

/// <summary>The <c>a=ssrc</c> lines of one source (RFC 5576, section 4.1); other source attributes are not kept.</summary>
public sealed record SsrcDescription(uint Ssrc, string? Cname = null, MediaStreamId? StreamId = null);
