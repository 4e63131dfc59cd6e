namespace Calls.Rtc.Rtp;

/// <summary>Header-extension ids one session negotiated for what is sent to it; 0 = not negotiated (media.md 3.4).</summary>
/// <param name="AudioLevel"><c>urn:ietf:params:rtp-hdrext:ssrc-audio-level</c> (RFC 6464).</param>
/// <param name="TransportCc">draft-holmer-rmcat-transport-wide-cc-extensions-01.</param>
internal readonly record struct RtpExtensionIds(byte AudioLevel, byte TransportCc);
