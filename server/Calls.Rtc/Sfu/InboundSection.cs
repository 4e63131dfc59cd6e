namespace Calls.Rtc.Sfu;

/// <summary>One m-section in which the client sends, as negotiated.</summary>
/// <param name="Mid">Its <c>a=mid</c>.</param>
/// <param name="StreamId">First token of <c>a=msid</c>; empty if the section names none.</param>
/// <param name="Ssrcs">From <c>a=ssrc</c>; may be empty (simulcast, or a client that signals none).</param>
/// <param name="PayloadTypes">Accepted payload types of the client. Unlisted ones are dropped.</param>
/// <param name="AudioLevelId">Header-extension ids, 0 = not negotiated. One URI has one id in the whole bundle (media.md 3.4).</param>
/// <param name="Rids">Simulcast layers, lowest first; <c>null</c> or empty without simulcast.</param>
internal sealed record InboundSection(
    string Mid,
    TrackKind Kind,
    string StreamId,
    IReadOnlyList<uint> Ssrcs,
    IReadOnlyDictionary<byte, RtpCodec> PayloadTypes,
    byte AudioLevelId = 0,
    byte MidId = 0,
    byte TransportCcId = 0,
    byte RtpStreamIdId = 0,
    IReadOnlyList<string>? Rids = null);
