namespace Calls.Rtc.Sdp;

/// <summary>
/// Offer and answer of one session on the SFU's side (media.md 3, RFC 8829): answers the client's offers, and turns the
/// difference between wanted and bound tracks into offers of its own.
/// </summary>
/// <remarks>
/// Owned by one session, not thread-safe, keeps no time: the caller holds the signaling lock around an offer of either side
/// and calls <see cref="Rollback"/> when an answer does not come. An offer of the client is applied and answered in one call,
/// so the only states are stable and have-local-offer.
/// </remarks>
public sealed class PeerNegotiation
{
    /// <summary>Keeps a description below 64 KiB on the WebSocket (media.md 8.2).</summary>
    public const int MaxNewSectionsPerOffer = 50;

    /// <summary>
    /// Sections beyond which we add none when descriptions travel over the WebSocket: a client's offer takes about 1 KiB per
    /// audio section and must stay below 64 KiB (media.md 3.1), or it is lost and the session with it.
    /// </summary>
    public const int MaxSectionsOverWebSocket = 60;

    /// <summary>The same for the data channel, where 256 KiB are allowed (media.md 9.7).</summary>
    public const int MaxSectionsOverDataChannel = 200;

    /// <summary>Tracks a client may send, each simulcast layer counted (media.md 9.7).</summary>
    public const int MaxInboundTracks = 12;

    private readonly LocalTransportParameters _local;
    private readonly SupportedCodecs _codecs;
    private readonly ExtensionIdRegistry _extensions = new(SupportedExtensions.Sfu);
    private readonly PayloadTypeRegistry _payloadTypes = new();
    private readonly SectionTable _sections;
    private ulong _nextVersion;
    private (ulong SessionId, ulong Version) _remoteOrigin;
    private bool _allowsMixedExtensions;

    // A rolled back offer may have reached the client: what it changed has to be described again until a negotiation completes.
    private bool _hasUnansweredChanges;

    /// <param name="maxSections">
    /// What the slower of the client's two paths carries. Tracks beyond wait until a section becomes free.
    /// </param>
    public PeerNegotiation(
        LocalTransportParameters local,
        ISsrcSource ssrcs,
        SupportedCodecs? codecs = null,
        int maxSections = MaxSectionsOverWebSocket)
    {
        _local = local;
        _codecs = codecs ?? SupportedCodecs.Default;
        _sections = new(_codecs, ssrcs, _extensions, _payloadTypes, maxSections);
        _nextVersion = local.OriginVersion;
        LocalCredentials = local.Credentials;
    }

    /// <summary>An offer of ours waits for its answer.</summary>
    public bool HasPendingOffer { get; private set; }

    /// <summary>Wanted and bound tracks differ and an offer can be made now.</summary>
    public bool NeedsOffer => !HasPendingOffer && Remote is not null && (_hasUnansweredChanges || _sections.DiffersFromWanted());

    /// <summary>The client's transport, <c>null</c> before the first negotiation.</summary>
    public RemoteTransportParameters? Remote { get; private set; }

    /// <summary>Our role in the DTLS association: <see cref="DtlsSetup.Passive"/> (server) or <see cref="DtlsSetup.Active"/>.</summary>
    public DtlsSetup LocalSetup => Remote?.Setup == DtlsSetup.Passive ? DtlsSetup.Active : DtlsSetup.Passive;

    /// <summary>Ours as last described; new ones are drawn when the client restarts ICE.</summary>
    public IceCredentials LocalCredentials { get; private set; }

    /// <summary>Sections on which the client may send, in m-line order.</summary>
    public IReadOnlyList<ReceivingSection> Receiving { get; private set; } = [];

    /// <summary>Sections on which the client has agreed to receive a track of ours, in m-line order.</summary>
    public IReadOnlyList<SendingSection> Sending { get; private set; } = [];

    /// <summary>The track should reach the client. The same id with other content replaces the track.</summary>
    public void Want(OutgoingTrack track) => _sections.Wanted[track.TrackId] = track;

    /// <summary>The track should reach the client no longer. Unknown ids are ignored.</summary>
    public void Unwant(string trackId) => _sections.Wanted.Remove(trackId);

    /// <summary>Applies an offer of the client and writes the answer.</summary>
    /// <param name="answer">Empty unless the result is <see cref="NegotiationResult.Ok"/>.</param>
    public NegotiationResult TryApplyOffer(ReadOnlySpan<char> sdp, out string answer)
    {
        answer = "";

        // We are the impolite peer (media.md 3.3): the client rolls back and offers again after our negotiation.
        if (HasPendingOffer)
        {
            return NegotiationResult.WrongState;
        }

        if (!SessionDescription.TryParse(sdp, out SessionDescription? offer, out SdpError error))
        {
            return Refuse(error);
        }

        if (!_sections.IsContinuedBy(offer) || IsOutdated(offer))
        {
            return NegotiationResult.Mismatch;
        }

        if (!TryReadTransport(offer, out RemoteTransportParameters? remote))
        {
            return NegotiationResult.Unsupported;
        }

        if (Remote is not null && remote.IceGeneration != Remote.IceGeneration && _local.DrawCredentials is { } draw)
        {
            LocalCredentials = draw();
        }

        Remote = remote;
        _remoteOrigin = (offer.OriginSessionId, offer.OriginVersion);
        _allowsMixedExtensions |= offer.AllowsMixedExtensions;
        _sections.MergeOffer(offer);
        answer = Describe(LocalSetup, section => new(section.IsSending, section.IsReceiving), offer.Bundle is not null);
        Complete();
        return NegotiationResult.Ok;
    }

    /// <summary>Offers the whole difference between wanted and bound tracks, at most <see cref="MaxNewSectionsPerOffer"/> new sections.</summary>
    /// <param name="mediaMap">Every section that carries a track once the offer is applied; to be sent before it.</param>
    /// <exception cref="InvalidOperationException">An offer is pending, or the client has not offered yet.</exception>
    public string CreateOffer(out IReadOnlyList<MediaMapEntry> mediaMap)
    {
        if (HasPendingOffer || Remote is null)
        {
            throw new InvalidOperationException("An offer needs a stable session that the client has opened.");
        }

        _sections.Bind(MaxNewSectionsPerOffer);
        mediaMap = _sections.CreateMediaMap();
        HasPendingOffer = true;

        // sendrecv only where the client sends: a section of ours never invites it to (DEV-7).
        return Describe(
            DtlsSetup.ActPass, section => new(section.Bound is not null, section.IsReceiving), hasBundle: true);
    }

    /// <summary>Applies the client's answer to the pending offer. A mismatch is ignored and the offer stays pending (DEV-8).</summary>
    public NegotiationResult TryApplyAnswer(ReadOnlySpan<char> sdp)
    {
        if (!HasPendingOffer)
        {
            return NegotiationResult.WrongState;
        }

        if (!SessionDescription.TryParse(sdp, out SessionDescription? answer, out SdpError error))
        {
            return Refuse(error);
        }

        if (!_sections.IsAnsweredBy(answer))
        {
            return NegotiationResult.Mismatch;
        }

        HasPendingOffer = false;
        _remoteOrigin = (answer.OriginSessionId, answer.OriginVersion);
        _allowsMixedExtensions |= answer.AllowsMixedExtensions;
        _sections.MergeAnswer(answer);
        Complete();
        return NegotiationResult.Ok;
    }

    /// <summary>
    /// Gives up the pending offer. Its changes stay wanted and keep their sections and SSRCs in the next offer, because the
    /// client may have applied them without our knowing.
    /// </summary>
    public void Rollback()
    {
        _hasUnansweredChanges |= HasPendingOffer;
        HasPendingOffer = false;
    }

    /// <summary>Makes an offer even if nothing has changed.</summary>
    public void OfferAgain() => _hasUnansweredChanges = true;

    private static NegotiationResult Refuse(SdpError error) => error switch
    {
        SdpError.TooManySections => NegotiationResult.TooManySections,
        SdpError.TooLong or SdpError.LineTooLong or SdpError.TooManyAttributes => NegotiationResult.TooLarge,
        _ => NegotiationResult.Malformed,
    };

    // A description that signaling delivers twice, the second time late, must not undo what came after it: its version is
    // smaller than one we have seen (RFC 3264, section 8). The same one again is answered again.
    private bool IsOutdated(SessionDescription offer) =>
        offer.OriginSessionId == _remoteOrigin.SessionId && offer.OriginVersion < _remoteOrigin.Version;

    private void Complete()
    {
        _hasUnansweredChanges = false;
        Receiving = _sections.ListReceiving();
        Sending = _sections.ListSending();
    }

    private bool TryReadTransport(
        SessionDescription offer, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RemoteTransportParameters? remote)
    {
        remote = null;
        if (offer.Sections.Find(section => !section.IsRejected) is not { Credentials: { } credentials } first)
        {
            return false;
        }

        MediaSection? channel = offer.Sections.Find(section => SectionTable.IsDataChannel(section) && !section.IsRejected);
        if (Remote is not null)
        {
            // setup and fingerprint belong to the established association (media.md N8).
            remote = Remote;
            if (credentials != remote.Credentials)
            {
                remote = remote with { Credentials = credentials, IceGeneration = remote.IceGeneration + 1 };
            }

            if (remote.SctpPort is null && channel is not null)
            {
                remote = remote with
                {
                    SctpPort = channel.SctpPort ?? 5000,
                    MaxMessageSize = RemoteTransportParameters.ReadMaxMessageSize(channel.MaxMessageSize),
                };
            }

            return true;
        }

        if (first.Fingerprints.Count == 0 || first.Setup == DtlsSetup.HoldConn)
        {
            return false;
        }

        DtlsSetup ours = first.Setup switch
        {
            DtlsSetup.Active => DtlsSetup.Passive,
            DtlsSetup.Passive => DtlsSetup.Active,
            _ => _local.PreferredSetup,
        };
        remote = new(
            credentials,
            first.Fingerprints,
            ours == DtlsSetup.Active ? DtlsSetup.Passive : DtlsSetup.Active,
            channel is null ? null : channel.SctpPort ?? 5000,
            RemoteTransportParameters.ReadMaxMessageSize(channel?.MaxMessageSize),
            IceGeneration: 0);
        return true;
    }

    private string Describe(DtlsSetup setup, Func<NegotiatedSection, MediaDirection> directionOf, bool hasBundle)
    {
        var description = new SessionDescription
        {
            OriginSessionId = _local.OriginSessionId,
            OriginVersion = _nextVersion++,
            IsIceLite = _local.IsIceLite,
            AllowsMixedExtensions = _allowsMixedExtensions,
            Bundle = hasBundle ? [] : null,
        };
        description.Fingerprints.Add(_local.Fingerprint);
        bool isFirst = true;
        foreach (NegotiatedSection negotiated in _sections)
        {
            MediaSection section = negotiated.Describe(negotiated.IsRtp ? directionOf(negotiated) : MediaDirection.SendRecv);
            section.Fingerprints.Add(_local.Fingerprint);
            description.Sections.Add(section);
            if (negotiated.IsRejected)
            {
                continue;
            }

            description.Bundle?.Add(section.Mid);
            section.Setup = setup;
            section.Credentials = LocalCredentials;
            section.IceOptions = _local.IceOptions;
            if (section.Kind == MediaKind.Application)
            {
                section.SctpPort = _local.SctpPort;
                section.MaxMessageSize = _local.MaxMessageSize;
            }

            if (isFirst)
            {
                // The bundle's transport is that of its first section (DEV-4).
                section.Candidates.AddRange(_local.Candidates);
                section.HasEndOfCandidates = true;
                isFirst = false;
            }
        }

        return description.Write();
    }
}
