using System.Collections;
using System.Globalization;

namespace Calls.Rtc.Sdp;

/// <summary>The m-sections of one session in their fixed order, and which wanted track each carries (media.md 3.6, 3.7).</summary>
internal sealed class SectionTable(
    SupportedCodecs codecs,
    ISsrcSource ssrcs,
    ExtensionIdRegistry extensions,
    PayloadTypeRegistry payloadTypes,
    int maxSections)
    : IEnumerable<NegotiatedSection>
{
    private readonly List<NegotiatedSection> _sections = [];
    private ulong _largestMid;

    /// <summary>Desired state by track id, in the order of arrival.</summary>
    public OrderedDictionary<string, OutgoingTrack> Wanted { get; } = new(StringComparer.Ordinal);

    public static bool IsDataChannel(MediaSection section) =>
        section.Kind == MediaKind.Application
        && section.Protocol is "UDP/DTLS/SCTP" or "TCP/DTLS/SCTP"
        && section.Formats.Contains("webrtc-datachannel");

    public List<NegotiatedSection>.Enumerator GetEnumerator() => _sections.GetEnumerator();

    IEnumerator<NegotiatedSection> IEnumerable<NegotiatedSection>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether an offer keeps every section in place (media.md N2, N3); a rejected one may be recycled (RFC 8829, section 5.2.2).</summary>
    public bool IsContinuedBy(SessionDescription offer)
    {
        for (int i = 0; i < _sections.Count; i++)
        {
            NegotiatedSection ours = _sections[i];
            if (ours.IsTentative)
            {
                continue;
            }

            if (i >= offer.Sections.Count || (!ours.IsRejected && !IsSame(ours, offer.Sections[i])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an answer has the sections of our offer.</summary>
    public bool IsAnsweredBy(SessionDescription answer) =>
        answer.Sections.Count == _sections.Count && _sections.Zip(answer.Sections).All(pair => IsSame(pair.First, pair.Second));

    /// <summary>Takes over an offer of the client; afterwards the sections hold what our answer says.</summary>
    public void MergeOffer(SessionDescription offer)
    {
        HashSet<string>? bundle = offer.Bundle?.ToHashSet(StringComparer.Ordinal);
        bool hasChannel = false;
        for (int i = 0; i < offer.Sections.Count; i++)
        {
            MediaSection remote = offer.Sections[i];
            NoteMid(remote.Mid);
            NegotiatedSection section = Place(i, remote);
            section.IsTentative = false;
            bool isAccepted = !remote.IsRejected && (bundle?.Contains(remote.Mid) ?? i == 0);
            if (remote.IsRtp)
            {
                isAccepted &= TryAcceptMedia(section, remote);
            }
            else
            {
                isAccepted &= IsDataChannel(remote) && !hasChannel;
                hasChannel |= isAccepted;
            }

            if (isAccepted)
            {
                section.IsRejected = false;
            }
            else
            {
                RejectOffered(section, remote);
            }
        }

        // Sections of an offer that the client never saw.
        if (_sections.Count > offer.Sections.Count)
        {
            _sections.RemoveRange(offer.Sections.Count, _sections.Count - offer.Sections.Count);
        }

        // A rolled back binding that is no longer wanted must not come into being by an answer.
        UnbindUnwanted(onlyUnanswered: true);
        AdmitInbound();
        foreach (NegotiatedSection section in _sections)
        {
            section.IsSending = section.Bound is not null && !section.IsRejected && section.RemoteDirection.Receives;
            section.IsQuiet = !section.IsSending;
        }
    }

    /// <summary>Takes over the client's answer to what <see cref="Bind"/> prepared.</summary>
    public void MergeAnswer(SessionDescription answer)
    {
        for (int i = 0; i < _sections.Count; i++)
        {
            NegotiatedSection section = _sections[i];
            MediaSection remote = answer.Sections[i];
            section.IsTentative = false;
            if (remote.IsRejected || section.IsRejected)
            {
                section.Reject();
                continue;
            }

            if (!section.IsRtp)
            {
                continue;
            }

            section.ApplyRemote(remote);
            List<RtpCodec> selected = CodecSelection.Select(remote, codecs, section.Codecs);
            if (selected.Count > 0)
            {
                section.Codecs = selected;
                payloadTypes.Adopt(section.Kind, selected, codecs);
            }

            section.Extensions = ExtensionIdRegistry.Confirm(section.Extensions, remote);
            section.IsSending = section.Bound is not null && remote.Direction.Receives;
            section.IsQuiet = !section.IsSending;
        }

        AdmitInbound();
    }

    public bool DiffersFromWanted()
    {
        HashSet<string> bound = ListBound();
        foreach (NegotiatedSection section in _sections)
        {
            if (section.Bound is { } track && !IsWanted(track))
            {
                return true;
            }
        }

        return Wanted.Values.Any(track =>
            !bound.Contains(track.TrackId) && (_sections.Count < maxSections || FindFree(track) is not null));
    }

    /// <summary>Frees the sections of unwanted tracks and finds sections for wanted ones, at most <paramref name="maxNew"/> of them new.</summary>
    public void Bind(int maxNew)
    {
        UnbindUnwanted(onlyUnanswered: false);
        HashSet<string> bound = ListBound();
        foreach (OutgoingTrack track in Wanted.Values)
        {
            if (bound.Contains(track.TrackId))
            {
                continue;
            }

            NegotiatedSection? section = FindFree(track);
            if (section is null && maxNew > 0 && _sections.Count < maxSections)
            {
                maxNew--;
                section = Append(track.Kind);
            }

            section?.Bind(track, NextSsrc(), codecs.AcceptsRtx && track.Kind == MediaKind.Video ? NextSsrc() : 0);
        }

        foreach (NegotiatedSection section in _sections)
        {
            section.IsQuiet &= section.Bound is null;
        }
    }

    public List<MediaMapEntry> CreateMediaMap()
    {
        var map = new List<MediaMapEntry>();
        foreach (NegotiatedSection section in _sections)
        {
            if (section.Bound is { } track && !section.IsRejected)
            {
                map.Add(new(section.Mid, track.Type, track.StreamId));
            }
        }

        return map;
    }

    public ReceivingSection[] ListReceiving()
    {
        // A source belongs to the first section that names it, and never to one of ours (media.md 9.6).
        HashSet<uint> claimed = [.. _sections.Select(section => section.Ssrc), .. _sections.Select(section => section.RtxSsrc)];
        var receiving = new List<ReceivingSection>();
        foreach (NegotiatedSection section in _sections.Where(section => section.IsReceiving))
        {
            var media = new List<uint>();
            var rtx = new List<uint>();
            foreach ((uint ssrc, uint rtxSsrc) in section.RemoteSsrcs.Zip(section.RemoteRtxSsrcs))
            {
                if (claimed.Add(ssrc))
                {
                    media.Add(ssrc);
                    rtx.Add(rtxSsrc != 0 && claimed.Add(rtxSsrc) ? rtxSsrc : 0);
                }
            }

            receiving.Add(new(
                section.Mid,
                section.Kind,
                section.RemoteStreamId.StreamId,
                section.RemoteStreamId.TrackId,
                media,
                rtx,
                section.RemoteRids,
                NegotiatedCodec.Read(section.Kind, section.Codecs, codecs),
                HeaderExtensionIds.Read(section.Extensions, sending: false)));
        }

        return [.. receiving];
    }

    public SendingSection[] ListSending()
    {
        var sending = new List<SendingSection>();
        foreach (NegotiatedSection section in _sections)
        {
            if (section is { IsSending: true, Bound: { } track })
            {
                sending.Add(new(
                    section.Mid,
                    track,
                    section.Ssrc,
                    section.Codecs.Exists(codec => codec.IsRtx) ? section.RtxSsrc : 0,
                    NegotiatedCodec.Read(section.Kind, section.Codecs, codecs),
                    HeaderExtensionIds.Read(section.Extensions, sending: true)));
            }
        }

        return [.. sending];
    }

    private static bool IsSame(NegotiatedSection ours, MediaSection theirs) =>
        ours.Mid == theirs.Mid && ours.MediaType == theirs.MediaType;

    private NegotiatedSection Place(int index, MediaSection remote)
    {
        if (index == _sections.Count)
        {
            _sections.Add(new(remote));
        }
        else if (!IsSame(_sections[index], remote))
        {
            _sections[index] = new(remote);
        }

        return _sections[index];
    }

    private bool TryAcceptMedia(NegotiatedSection section, MediaSection remote)
    {
        List<RtpCodec> selected = CodecSelection.Select(remote, codecs, section.Codecs);
        if (selected.Count == 0 || !remote.HasRtcpMux || !remote.Protocol.EndsWith("RTP/SAVPF", StringComparison.Ordinal))
        {
            return false;
        }

        section.ApplyRemote(remote);
        section.ClientOffersToReceive = remote.Direction.Receives;
        section.Codecs = selected;
        section.Extensions = extensions.Accept(remote);
        payloadTypes.Adopt(section.Kind, selected, codecs);
        return true;
    }

    private static void RejectOffered(NegotiatedSection section, MediaSection remote)
    {
        section.Unbind();
        section.Reject();
        if (remote.Codecs.Count > 0)
        {
            // The m= line needs one format (RFC 3264, section 6).
            section.Codecs = [new(remote.Codecs[0].PayloadType, "", 0, 0, null, [])];
        }
    }

    // In m-line order, so that a session over its limit keeps what it already sends.
    private void AdmitInbound()
    {
        int free = PeerNegotiation.MaxInboundTracks;
        foreach (NegotiatedSection section in _sections)
        {
            section.IsReceiving =
                section.IsRtp && !section.IsRejected && section.RemoteDirection.Sends && section.InboundTracks <= free;
            if (section.IsReceiving)
            {
                free -= section.InboundTracks;
            }
        }
    }

    private void UnbindUnwanted(bool onlyUnanswered)
    {
        foreach (NegotiatedSection section in _sections)
        {
            if (section.Bound is { } track && !IsWanted(track) && !(onlyUnanswered && section.IsSending))
            {
                section.Unbind();
            }
        }
    }

    private bool IsWanted(OutgoingTrack track) => Wanted.TryGetValue(track.TrackId, out OutgoingTrack? wanted) && wanted == track;

    private HashSet<string> ListBound() =>
        [.. _sections.Where(section => section.Bound is not null).Select(section => section.Bound!.TrackId)];

    private NegotiatedSection? FindFree(OutgoingTrack track)
    {
        foreach (NegotiatedSection section in _sections)
        {
            if (section.Kind == track.Kind
                && section is { IsRejected: false, IsTentative: false, IsQuiet: true, Bound: null, ClientOffersToReceive: true }
                && section.Codecs.Exists(codec => codecs.Find(section.Kind, codec)?.Codec == track.Codec))
            {
                return section;
            }
        }

        return null;
    }

    private NegotiatedSection Append(MediaKind kind)
    {
        string mid;
        do
        {
            mid = (++_largestMid).ToString(CultureInfo.InvariantCulture);
        }
        while (_sections.Exists(section => section.Mid == mid));

        var section = new NegotiatedSection(mid, kind)
        {
            Codecs = payloadTypes.ForNewSection(kind, codecs),
            Extensions = extensions.ForNewSection(kind),
        };
        _sections.Add(section);
        return section;
    }

    // 18 digits leave room for counting on; a longer mid cannot meet one of ours before that many sections exist.
    private void NoteMid(string mid)
    {
        if (mid.Length <= 18 && SdpWords.TryParse(mid, out ulong number))
        {
            _largestMid = Math.Max(_largestMid, number);
        }
    }

    private uint NextSsrc()
    {
        uint ssrc;
        do
        {
            ssrc = ssrcs.Next();
        }
        while (_sections.Exists(section => section.RemoteSsrcs.Contains(ssrc) || section.RemoteRtxSsrcs.Contains(ssrc)));

        return ssrc;
    }
}
