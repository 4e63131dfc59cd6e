namespace Calls.Rtc.Sfu;

/// <summary>One m-section in which the client sends, as negotiated.</summary>
/// <param name="Mid">Its <c>a=mid</c>.</param>
/// <param name="StreamId">First token of <c>a=msid</c>; empty if the section names none.</param>
/// <param name="Ssrcs">From <c>a=ssrc</c>; may be empty (simulcast, or a client that signals none).</param>
/// <param name="PayloadTypes">Accepted payload types of the client. Unlisted ones are dropped.</param>
/// <param name="AudioLevelId">Header-extension ids, 0 = not negotiated. One URI has one id in the whole bundle (media.md 3.4).</param>
internal sealed record InboundSection(
    string Mid,
    TrackKind Kind,
    string StreamId,
    IReadOnlyList<uint> Ssrcs,
    IReadOnlyDictionary<byte, RtpCodec> PayloadTypes,
    byte AudioLevelId = 0,
    byte MidId = 0,
    byte TransportCcId = 0)
{
    /// <summary>Retransmission SSRCs (<c>a=ssrc-group:FID</c>), each the partner of the one at the same index in <c>Ssrcs</c>; 0 for none.</summary>
    public IReadOnlyList<uint> RtxSsrcs { get; init; } = [];

    /// <summary>Payload types of retransmissions, and those that they stand for (<c>apt</c>, RFC 4588 section 8.1).</summary>
    public IReadOnlyDictionary<byte, byte> RtxPayloadTypes { get; init; } = new Dictionary<byte, byte>();

    /// <summary>Payload type of Opus that repeats itself (RFC 2198); <c>null</c> if not negotiated.</summary>
    public byte? RedPayloadType { get; init; }

    /// <summary>The client answers NACKs.</summary>
    public bool TakesNacks { get; init; }

    /// <summary>Simulcast layers, lowest first; empty without simulcast.</summary>
    public IReadOnlyList<string> Rids { get; init; } = [];

    /// <summary>Header-extension id of the layer that a packet belongs to (RFC 8852), 0 = not negotiated.</summary>
    public byte RtpStreamIdId { get; init; }

    /// <summary>Header-extension id of the layer that a retransmission repeats (RFC 8852), 0 = not negotiated.</summary>
    public byte RepairedStreamIdId { get; init; }
}
