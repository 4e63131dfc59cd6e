namespace Calls.Rtc.Sdp;

/// <summary>One m-section of a session as both sides last agreed on it.</summary>
internal sealed class NegotiatedSection
{
    public NegotiatedSection(MediaSection remote)
    {
        (Mid, Kind, MediaType, Protocol) = (remote.Mid, remote.Kind, remote.MediaType, remote.Protocol);
        Formats = remote.Formats;
    }

    public NegotiatedSection(string mid, MediaKind kind)
    {
        (Mid, Kind) = (mid, kind);
        MediaType = kind == MediaKind.Audio ? "audio" : "video";
        Protocol = "UDP/TLS/RTP/SAVPF";
        Formats = [];
        IsTentative = true;
    }

    public string Mid { get; }

    public MediaKind Kind { get; }

    public string MediaType { get; }

    public string Protocol { get; }

    public List<string> Formats { get; }

    public bool IsRtp => Kind is MediaKind.Audio or MediaKind.Video;

    /// <summary>Made by an offer of ours that no answer has confirmed.</summary>
    public bool IsTentative { get; set; }

    /// <summary>Port 0 from one of the sides.</summary>
    public bool IsRejected { get; set; }

    public List<RtpCodec> Codecs { get; set; } = [];

    public List<HeaderExtension> Extensions { get; set; } = [];

    /// <summary>The client's last words, in an offer or an answer.</summary>
    public MediaDirection RemoteDirection { get; private set; } = MediaDirection.RecvOnly;

    /// <summary>The last offer of the client did not exclude receiving here (media.md 3.6).</summary>
    public bool ClientOffersToReceive { get; set; } = true;

    public MediaStreamId RemoteStreamId { get; private set; } = new("", "");

    /// <summary>Layers the client sends; empty without simulcast.</summary>
    public List<SimulcastStream> RemoteRids { get; private set; } = [];

    public List<uint> RemoteSsrcs { get; } = [];

    /// <summary>Partners of <see cref="RemoteSsrcs"/> for retransmissions, 0 for none.</summary>
    public List<uint> RemoteRtxSsrcs { get; } = [];

    /// <summary>The track our next description carries here.</summary>
    public OutgoingTrack? Bound { get; private set; }

    public uint Ssrc { get; private set; }

    public uint RtxSsrc { get; private set; }

    /// <summary>Both sides have agreed that <see cref="Bound"/> flows.</summary>
    public bool IsSending { get; set; }

    /// <summary>The client may send here.</summary>
    public bool IsReceiving { get; set; }

    /// <summary>
    /// The client has seen this section carry nothing since its last track. Only then does a new track fire
    /// <c>ontrack</c> there (media.md 3.6, DEV-11).
    /// </summary>
    public bool IsQuiet { get; set; } = true;

    /// <summary>How many of the inbound tracks allowed this section uses while the client sends.</summary>
    public int InboundTracks => Math.Max(1, RemoteRids.Count);

    public void Bind(OutgoingTrack track, uint ssrc, uint rtxSsrc) => (Bound, Ssrc, RtxSsrc) = (track, ssrc, rtxSsrc);

    public void Unbind() => (Bound, Ssrc, RtxSsrc, IsSending) = (null, 0, 0, false);

    /// <summary>The section is dead until the client recycles it.</summary>
    public void Reject()
    {
        IsRejected = true;
        IsSending = false;
        IsReceiving = false;
        IsQuiet = true;
    }

    /// <summary>Takes over what the client says of its own media.</summary>
    public void ApplyRemote(MediaSection remote)
    {
        RemoteDirection = remote.Direction;
        RemoteStreamId = remote.StreamIds.Count > 0
            ? remote.StreamIds[0]
            : remote.Ssrcs.Find(source => source.StreamId is not null)?.StreamId ?? new("", "");
        if (RemoteStreamId.StreamId == "-")
        {
            RemoteStreamId = RemoteStreamId with { StreamId = "" };
        }

        RemoteRids = [.. remote.SimulcastSend.Where(stream => remote.Rids.Contains(new(stream.Rid, Sends: true)))];
        RemoteSsrcs.Clear();
        RemoteRtxSsrcs.Clear();
        foreach (SsrcDescription source in remote.Ssrcs)
        {
            if (!remote.SsrcGroups.Exists(group => group.Semantics == "FID" && group.Ssrcs.Skip(1).Contains(source.Ssrc)))
            {
                SsrcGroup? pair = remote.SsrcGroups.Find(group => group.Semantics == "FID" && group.Ssrcs[0] == source.Ssrc);
                RemoteSsrcs.Add(source.Ssrc);
                RemoteRtxSsrcs.Add(pair is { Ssrcs.Count: > 1 } ? pair.Ssrcs[1] : 0);
            }
        }
    }

    /// <summary>Writes our view of the section, without what belongs to the transport.</summary>
    /// <param name="codecs">Other payload types than the negotiated ones.</param>
    public MediaSection Describe(MediaDirection direction, IReadOnlyList<RtpCodec>? codecs = null)
    {
        var section = new MediaSection { Kind = Kind, MediaType = MediaType, Protocol = Protocol, Mid = Mid };
        section.Formats.AddRange(Formats);
        section.Codecs.AddRange(codecs ?? Codecs);
        if (IsRejected)
        {
            section.Port = 0;
            section.Direction = MediaDirection.Inactive;
            return section;
        }

        section.Direction = direction;
        if (!IsRtp)
        {
            return section;
        }

        section.HasRtcpMux = true;
        section.HasRtcpRsize = true;
        section.Extensions.AddRange(Extensions);

        // Also while nothing flows: a browser drops its layers for good when a description leaves them out (RFC 8853, section 5.3).
        section.Rids.AddRange(RemoteRids.Select(stream => new RidDescription(stream.Rid, Sends: false)));
        section.SimulcastReceive.AddRange(RemoteRids);
        if (direction.Sends && Bound is { } track)
        {
            DescribeTrack(section, track);
        }

        return section;
    }

    private void DescribeTrack(MediaSection section, OutgoingTrack track)
    {
        var streamId = new MediaStreamId(track.StreamId, track.TrackId);
        section.StreamIds.Add(streamId);
        section.Ssrcs.Add(new(Ssrc, track.StreamId, streamId));
        if (RtxSsrc != 0 && section.Codecs.Exists(codec => codec.IsRtx))
        {
            section.Ssrcs.Add(new(RtxSsrc, track.StreamId, streamId));
            section.SsrcGroups.Add(new("FID", [Ssrc, RtxSsrc]));
        }
    }
}
