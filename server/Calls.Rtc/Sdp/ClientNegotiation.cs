namespace Calls.Rtc.Sdp;

/// <summary>
/// Offer and answer of one session on the client's side, shaped like Chromium's: a data channel first, then tracks of its
/// own. Accepts everything the SFU offers. For test peers and the load generator.
/// </summary>
/// <remarks>Not thread-safe. The polite side: an offer of the SFU rolls back a pending one of its own (media.md 3.3).</remarks>
public sealed class ClientNegotiation(LocalTransportParameters local, ISsrcSource ssrcs, ClientProfile? profile = null)
{
    private readonly ClientProfile _profile = profile ?? ClientProfile.Chromium;
    private readonly ExtensionIdRegistry _extensions = new((profile ?? ClientProfile.Chromium).Extensions);
    private readonly List<ClientSection> _sections = [];
    private readonly List<(OutgoingTrack Track, IReadOnlyList<string> Rids)> _unplaced = [];
    private IceCredentials _credentials = local.Credentials;
    private ulong _nextVersion = local.OriginVersion;
    private ulong _largestMid;
    private bool _hasUnofferedChanges;

    public bool HasPendingOffer { get; private set; }

    /// <summary>Tracks were added or removed that no answered offer has told the SFU.</summary>
    public bool NeedsOffer => !HasPendingOffer && _hasUnofferedChanges;

    /// <summary>The SFU's transport, <c>null</c> before its first answer.</summary>
    public RemoteTransportParameters? Remote { get; private set; }

    /// <summary>Where the SFU can be reached, as its last answer says: values from <c>candidate:</c> on.</summary>
    public IReadOnlyList<string> RemoteCandidates { get; private set; } = [];

    /// <summary>Our role in the DTLS association.</summary>
    public DtlsSetup LocalSetup => Remote?.Setup == DtlsSetup.Active ? DtlsSetup.Passive : DtlsSetup.Active;

    /// <summary>Sections on which the SFU sends a track.</summary>
    public IReadOnlyList<ReceivingSection> Receiving { get; private set; } = [];

    /// <summary>Sections on which the SFU has agreed to receive a track of ours.</summary>
    public IReadOnlyList<SendingSection> Sending { get; private set; } = [];

    /// <summary>Adds a track to the next offer. An AV1 track gets a section with AV1 alone, as the web client's second copy does.</summary>
    /// <param name="rids">Simulcast layers, low first; empty for none.</param>
    public void Add(OutgoingTrack track, params IReadOnlyList<string> rids)
    {
        _unplaced.Add((track, rids));
        _hasUnofferedChanges = true;
    }

    /// <summary>Withdraws a track with the next offer; its section stays to receive.</summary>
    public void Remove(string trackId)
    {
        _unplaced.RemoveAll(entry => entry.Track.TrackId == trackId);
        if (_sections.Find(section => section.Negotiated.Bound?.TrackId == trackId) is { } section)
        {
            section.Negotiated.Unbind();
            section.Rids = [];
            _hasUnofferedChanges = true;
        }
    }

    /// <summary>Restarts ICE with the next offer (RFC 8839, section 4.4.1.1.1); the SFU's new credentials come with its answer.</summary>
    public void RestartIce(IceCredentials credentials)
    {
        _credentials = credentials;
        _hasUnofferedChanges = true;
    }

    /// <summary>Offers the data channel, all sections and the tracks added since.</summary>
    /// <exception cref="InvalidOperationException">An offer is pending.</exception>
    public string CreateOffer()
    {
        if (HasPendingOffer)
        {
            throw new InvalidOperationException("An offer is pending.");
        }

        if (_sections.Count == 0)
        {
            var channel = new MediaSection
            {
                Kind = MediaKind.Application,
                MediaType = "application",
                Protocol = "UDP/DTLS/SCTP",
                Mid = "0",
            };
            channel.Formats.Add("webrtc-datachannel");
            _sections.Add(new(new(channel)));
        }

        foreach ((OutgoingTrack track, IReadOnlyList<string> rids) in _unplaced)
        {
            ClientSection section = FindUnusedReceiver(track) ?? Append(track);
            section.Rids = rids;
            section.Negotiated.Bind(track, ssrcs.Next(), track.Kind == MediaKind.Video ? ssrcs.Next() : 0);
        }

        _unplaced.Clear();
        _hasUnofferedChanges = false;
        HasPendingOffer = true;
        return Describe(
            DtlsSetup.ActPass,
            section => new(section.Negotiated.Bound is not null, true),
            section => section.OfferedCodecs);
    }

    /// <summary>Applies the SFU's answer to the pending offer.</summary>
    public NegotiationResult TryApplyAnswer(ReadOnlySpan<char> sdp)
    {
        if (!HasPendingOffer)
        {
            return NegotiationResult.WrongState;
        }

        if (!SessionDescription.TryParse(sdp, out SessionDescription? answer, out _))
        {
            return NegotiationResult.Malformed;
        }

        if (answer.Sections.Count != _sections.Count || !_sections.Zip(answer.Sections).All(pair => IsSame(pair.First, pair.Second)))
        {
            return NegotiationResult.Mismatch;
        }

        if (Remote is null && !TryReadTransport(answer))
        {
            return NegotiationResult.Unsupported;
        }

        HasPendingOffer = false;
        FollowTransport(answer.Sections[0]);
        foreach ((ClientSection section, MediaSection remote) in _sections.Zip(answer.Sections))
        {
            section.Negotiated.IsTentative = false;
            if (remote.IsRejected)
            {
                section.Negotiated.Reject();
                continue;
            }

            ApplyRemote(section, remote, sends: section.Negotiated.Bound is not null);
            section.Negotiated.Extensions = ExtensionIdRegistry.Confirm(section.Negotiated.Extensions, remote);
        }

        List();
        return NegotiationResult.Ok;
    }

    /// <summary>Applies an offer of the SFU and writes the answer.</summary>
    /// <param name="answer">Empty unless the result is <see cref="NegotiationResult.Ok"/>.</param>
    public NegotiationResult TryApplyOffer(ReadOnlySpan<char> sdp, out string answer)
    {
        answer = "";
        if (Remote is null)
        {
            return NegotiationResult.WrongState;
        }

        if (!SessionDescription.TryParse(sdp, out SessionDescription? offer, out _))
        {
            return NegotiationResult.Malformed;
        }

        int known = _sections.FindIndex(section => section.Negotiated.IsTentative);
        known = known < 0 ? _sections.Count : known;
        if (offer.Sections.Count < known || !_sections.Take(known).Zip(offer.Sections).All(pair => IsSame(pair.First, pair.Second)))
        {
            return NegotiationResult.Mismatch;
        }

        RollbackOwnOffer(known);
        for (int i = 0; i < offer.Sections.Count; i++)
        {
            MediaSection remote = offer.Sections[i];
            if (i == _sections.Count)
            {
                NoteMid(remote.Mid);
                _sections.Add(new(new(remote)) { OfferedCodecs = CodecsOf(remote.Kind) });
            }

            ClientSection section = _sections[i];
            if (remote.IsRejected || (remote.IsRtp && CodecSelection.Select(remote, _profile.Understood, []).Count == 0))
            {
                section.Negotiated.Reject();
                continue;
            }

            section.Negotiated.Extensions = _extensions.Accept(remote);
            ApplyRemote(section, remote, sends: section.Negotiated.Bound is not null);
        }

        answer = Describe(
            LocalSetup,
            section => new(section.Negotiated.IsSending, section.IsReceiving),
            section => section.Negotiated.Codecs);
        List();
        return NegotiationResult.Ok;
    }

    private static bool IsSame(ClientSection ours, MediaSection theirs) =>
        ours.Negotiated.Mid == theirs.Mid && ours.Negotiated.MediaType == theirs.MediaType;

    private void ApplyRemote(ClientSection section, MediaSection remote, bool sends)
    {
        if (!remote.IsRtp)
        {
            return;
        }

        NegotiatedSection negotiated = section.Negotiated;
        negotiated.ApplyRemote(remote);
        negotiated.Codecs = CodecSelection.Select(remote, _profile.Understood, negotiated.Codecs);
        negotiated.IsSending = sends && remote.Direction.Receives;
        section.IsReceiving = remote.Direction.Sends;

        // addTrack takes a transceiver only until it has sent for the first time (WebRTC 1.0, section 5.1, addTrack).
        negotiated.IsQuiet &= !negotiated.IsSending;
    }

    private void List()
    {
        Receiving =
        [
            .. _sections.Where(section => section.IsReceiving && !section.Negotiated.IsRejected).Select(section => new ReceivingSection(
                section.Negotiated.Mid,
                section.Negotiated.Kind,
                section.Negotiated.RemoteStreamId.StreamId,
                section.Negotiated.RemoteStreamId.TrackId,
                [.. section.Negotiated.RemoteSsrcs],
                [.. section.Negotiated.RemoteRtxSsrcs],
                [],
                NegotiatedCodec.Read(section.Negotiated.Kind, section.Negotiated.Codecs, _profile.Understood),
                HeaderExtensionIds.Read(section.Negotiated.Extensions, sending: false))),
        ];
        Sending =
        [
            .. _sections.Where(section => section.Negotiated.IsSending).Select(section => new SendingSection(
                section.Negotiated.Mid,
                section.Negotiated.Bound!,
                section.Negotiated.Ssrc,
                section.Negotiated.RtxSsrc,
                NegotiatedCodec.Read(section.Negotiated.Kind, section.Negotiated.Codecs, _profile.Understood),
                HeaderExtensionIds.Read(section.Negotiated.Extensions, sending: true))),
        ];
    }

    // An added audio track goes to the first receiving section that never sent, video always gets a section of its own.
    private ClientSection? FindUnusedReceiver(OutgoingTrack track) =>
        track.Kind != MediaKind.Audio ? null : _sections.Find(section => section.Negotiated is
        {
            Kind: MediaKind.Audio, Bound: null, IsQuiet: true, IsRejected: false, IsTentative: false,
        });

    private ClientSection Append(OutgoingTrack track)
    {
        string mid = (++_largestMid).ToString(System.Globalization.CultureInfo.InvariantCulture);
        IReadOnlyList<RtpCodec> codecs = CodecsOf(track.Kind);
        var section = new ClientSection(new(mid, track.Kind) { Extensions = _extensions.ForNewSection(track.Kind) })
        {
            OfferedCodecs = track.Codec == MediaCodec.Av1 ? [.. codecs.Where(codec => codec.Name == "AV1")] : codecs,
        };
        _sections.Add(section);
        return section;
    }

    private IReadOnlyList<RtpCodec> CodecsOf(MediaKind kind) => kind switch
    {
        MediaKind.Audio => _profile.AudioCodecs,
        MediaKind.Video => _profile.VideoCodecs,
        _ => [],
    };

    private void RollbackOwnOffer(int known)
    {
        _hasUnofferedChanges |= HasPendingOffer;
        HasPendingOffer = false;
        foreach (ClientSection section in _sections.Skip(known))
        {
            if (section.Negotiated.Bound is { } track)
            {
                _unplaced.Add((track, section.Rids));
            }
        }

        _sections.RemoveRange(known, _sections.Count - known);
    }

    private void NoteMid(string mid)
    {
        if (mid.Length <= 18 && SdpWords.TryParse(mid, out ulong number))
        {
            _largestMid = Math.Max(_largestMid, number);
        }
    }

    private bool TryReadTransport(SessionDescription answer)
    {
        MediaSection first = answer.Sections[0];
        if (first.Credentials is null || first.Fingerprints.Count == 0 || first.Setup is not (DtlsSetup.Active or DtlsSetup.Passive))
        {
            return false;
        }

        Remote = new(
            first.Credentials,
            first.Fingerprints,
            first.Setup.Value,
            first.SctpPort,
            RemoteTransportParameters.ReadMaxMessageSize(first.MaxMessageSize),
            IceGeneration: 0);
        return true;
    }

    private void FollowTransport(MediaSection first)
    {
        RemoteCandidates = [.. first.Candidates];
        if (first.Credentials is { } credentials && credentials != Remote!.Credentials)
        {
            Remote = Remote with { Credentials = credentials, IceGeneration = Remote.IceGeneration + 1 };
        }
    }

    private string Describe(
        DtlsSetup setup, Func<ClientSection, MediaDirection> directionOf, Func<ClientSection, IReadOnlyList<RtpCodec>> codecsOf)
    {
        var description = new SessionDescription
        {
            OriginSessionId = local.OriginSessionId,
            OriginVersion = _nextVersion++,
            OriginAddress = "IP4 127.0.0.1",
            AllowsMixedExtensions = true,
            IsIceLite = local.IsIceLite,
            Bundle = [],
        };
        foreach (ClientSection client in _sections)
        {
            MediaSection section = client.Describe(directionOf(client), codecsOf(client));
            description.Sections.Add(section);
            if (section.IsRejected)
            {
                continue;
            }

            description.Bundle.Add(section.Mid);
            section.Credentials = _credentials;
            section.IceOptions = local.IceOptions;
            section.Fingerprints.Add(local.Fingerprint);
            section.Setup = setup;
            if (section.Kind == MediaKind.Application)
            {
                section.Candidates.AddRange(local.Candidates);
                section.SctpPort = local.SctpPort;
                section.MaxMessageSize = local.MaxMessageSize;
            }
        }

        return description.Write();
    }
}
