namespace Calls.Rtc.Sdp;

/// <summary>Negotiated <c>rtcp-fb</c> of a payload type (RFC 4585, RFC 5104).</summary>
[Flags]
public enum RtcpFeedback : byte
{
    None = 0,
    Nack = 1,
    PictureLoss = 2,
    FullIntraRequest = 4,
    TransportCc = 8,
    Remb = 16,
}
