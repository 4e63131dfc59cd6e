namespace Calls.Rtc.Sdp;

/// <summary>One m-section of a client peer: a transceiver with its mid.</summary>
internal sealed class ClientSection(NegotiatedSection negotiated)
{
    /// <summary>What the SFU last said of it, and what we send on it.</summary>
    public NegotiatedSection Negotiated { get; } = negotiated;

    /// <summary>Payload types of our offers; the negotiated ones are in <see cref="NegotiatedSection.Codecs"/>.</summary>
    public IReadOnlyList<RtpCodec> OfferedCodecs { get; set; } = [];

    /// <summary>Simulcast layers of the bound track.</summary>
    public IReadOnlyList<string> Rids { get; set; } = [];

    /// <summary>The SFU may send here.</summary>
    public bool IsReceiving { get; set; }

    public MediaSection Describe(MediaDirection direction, IReadOnlyList<RtpCodec> codecs)
    {
        MediaSection section = Negotiated.Describe(direction, Negotiated.IsRejected ? OfferedCodecs : codecs);
        section.OmitsDirection = section.Kind == MediaKind.Application;
        if (Rids.Count > 0)
        {
            // Simulcast sources are told apart by rid, not by a=ssrc (media.md 3.8.3).
            section.Ssrcs.Clear();
            section.SsrcGroups.Clear();
            section.Rids.AddRange(Rids.Select(rid => new RidDescription(rid, Sends: true)));
            section.SimulcastSend.AddRange(Rids.Select(rid => new SimulcastStream(rid, IsPaused: false)));
        }

        return section;
    }
}
