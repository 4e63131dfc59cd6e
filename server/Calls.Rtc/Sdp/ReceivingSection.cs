namespace Calls.Rtc.Sdp;

/// <summary>A section on which the client may send (media.md 4.1). Immutable; a new list is made by each applied description.</summary>
/// <param name="StreamId">First token of the msid, empty when none is stated.</param>
/// <param name="TrackId">Second token of the msid, empty when none is stated.</param>
/// <param name="Ssrcs">Media sources stated with <c>a=ssrc</c>; none with simulcast.</param>
/// <param name="RtxSsrcs">Retransmission sources, each the partner of the media source at the same index; 0 when it has none.</param>
/// <param name="Rids">Simulcast layers in the order sent, low first; empty without simulcast.</param>
/// <param name="Extensions">Ids in packets from the client.</param>
public sealed record ReceivingSection(
    string Mid,
    MediaKind Kind,
    string StreamId,
    string TrackId,
    IReadOnlyList<uint> Ssrcs,
    IReadOnlyList<uint> RtxSsrcs,
    IReadOnlyList<SimulcastStream> Rids,
    IReadOnlyList<NegotiatedCodec> Codecs,
    HeaderExtensionIds Extensions);
