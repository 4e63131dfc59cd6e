using Calls.Rtc.DataChannels;
using Calls.Rtc.Ice;
using Calls.Rtc.Sctp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu;

namespace Calls.Rtc.Sessions;

/// <summary>
/// The control side of one session from its first offer to its end: transport, data channel and negotiation, put together
/// (media.md 6.3). Media itself never passes here.
/// </summary>
/// <remarks>Pure: messages, datagrams and time in, effects out. Owned by one mailbox: not thread-safe.</remarks>
internal sealed class SessionControl : ISessionTransportOutput, INegotiationOutput, IDataChannelEvents, IDisposable
{
    /// <summary>How long a session waits for its first offer.</summary>
    public const long FirstOfferMs = 10_000;

    /// <summary>How long after the first answer the data channel may take to open (media.md 5.1).</summary>
    public const long ChannelOpenMs = 20_000;

    private readonly SessionEnvironment _environment;
    private readonly MediaParticipant _participant;
    private readonly ISessionControlOutput _output;
    private readonly ClientWishes _wishes;
    private readonly SessionForwarders _forwarders;
    private readonly CodecChoice _codecs;
    private readonly PeerNegotiation _peer;
    private readonly SessionNegotiation _negotiation;
    private readonly DataChannelEndpoint _channel;
    private readonly long _firstOfferDeadlineMs;
    private readonly SessionTransport _transport;
    private long? _channelDeadlineMs;
    private bool _owesCandidates;
    private bool _closed;
    private long _nowMs;

    public SessionControl(RtcSessionConfig config, SessionEnvironment environment, MediaParticipant participant, ISessionControlOutput output, long nowMs)
    {
        _environment = environment;
        _participant = participant;
        _output = output;
        _wishes = new(participant);
        _forwarders = new(participant, environment.NackHistory);
        _codecs = new(config.Av1Support);
        _firstOfferDeadlineMs = nowMs + FirstOfferMs;
        _transport = new(environment, participant, this);
        _peer = new(
            new LocalTransportParameters
            {
                Credentials = Describe(_transport.Credentials),
                Fingerprint = SignaledFingerprints.Of(environment.Dtls),
                OriginSessionId = environment.OriginSessionId,
                PreferredSetup = environment.DtlsActive ? DtlsSetup.Active : DtlsSetup.Passive,
                Candidates = [.. environment.Candidates.Select(candidate => candidate.Format(_transport.Credentials.Ufrag))],
                DrawCredentials = () => Describe(_transport.DrawCredentials()),
            },
            new ParticipantSsrcs(participant),
            environment.Codecs,
            config.DcSignaling ? PeerNegotiation.MaxSectionsOverDataChannel : PeerNegotiation.MaxSectionsOverWebSocket);
        _negotiation = new(_peer, config.DcSignaling, this);
        _channel = new(new DataChannelOptions(), this);
    }

    /// <summary>The ICE agent, once the client has offered. Guarded by locking it: checks arrive on any media loop.</summary>
    public IceLiteAgent? Agent => _transport.Agent;

    /// <summary>What is agreed with the client.</summary>
    public PeerNegotiation Peer => _peer;

    /// <summary>Who offers, and what is waited for.</summary>
    public SessionNegotiation Negotiation => _negotiation;

    /// <summary>Messages of the client that could not be used: bad descriptions, candidates and data channel messages.</summary>
    public int RefusedMessages { get; private set; }

    /// <summary>Candidates that the client sent.</summary>
    public int RemoteCandidates => _wishes.RemoteCandidates;

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next; <c>null</c> once closed.</summary>
    public long? DeadlineMs
    {
        get
        {
            if (_closed)
            {
                return null;
            }

            long deadline = _transport.DeadlineMs ?? _firstOfferDeadlineMs;
            deadline = Math.Min(deadline, _channelDeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _channel.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _codecs.DeadlineMs ?? long.MaxValue);
            return Math.Min(deadline, _negotiation.DeadlineMs ?? long.MaxValue);
        }
    }

    public void HandleDeadline(long nowMs)
    {
        if (_closed)
        {
            return;
        }

        _nowMs = nowMs;
        if (Agent is null)
        {
            if (nowMs >= _firstOfferDeadlineMs)
            {
                FailSignaling();
            }

            return;
        }

        if (nowMs >= _channelDeadlineMs)
        {
            Close(RtcCloseReason.DataChannelTimeout);
            return;
        }

        _transport.HandleDeadline(nowMs);
        if (_closed)
        {
            return;
        }

        _channel.HandleDeadline(nowMs);
        if (nowMs >= _codecs.DeadlineMs)
        {
            FollowChoice();
        }

        if (!_closed)
        {
            _negotiation.HandleDeadline(nowMs);
        }
    }

    /// <summary>A message from the client's signaling (media.md 6.2).</summary>
    public void OnMessage(RtcMessageType type, ReadOnlyMemory<byte> data, long nowMs)
    {
        if (_closed)
        {
            return;
        }

        _nowMs = nowMs;
        if (type == RtcMessageType.Sdp)
        {
            OnDescription(data.Span, SignalingPath.WebSocket);
        }
        else if (!_wishes.TryApply(type, data.Span))
        {
            RefusedMessages++;
        }
    }

    /// <summary>A DTLS datagram from an address that an authenticated check has validated (media.md 9.3).</summary>
    public void OnDtlsDatagram(ReadOnlySpan<byte> datagram, long nowMs)
    {
        if (!_closed)
        {
            _nowMs = nowMs;
            _transport.Receive(datagram, nowMs);
        }
    }

    /// <summary>The first path to the client is valid: as DTLS client we may speak now.</summary>
    public void OnPathValidated(long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed)
        {
            _transport.OnPathValidated(nowMs);
        }
    }

    /// <summary>Another session of the call sends a track.</summary>
    public void OnTrackStarted(PublishedTrack track, long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed)
        {
            _codecs.Add(track);
            FollowChoice();
        }
    }

    /// <summary>A track of another session has ended.</summary>
    public void OnTrackEnded(PublishedTrack track, long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed)
        {
            _codecs.Remove(track);
            FollowChoice();
        }
    }

    /// <summary>Ends the session once, whatever asks for it first.</summary>
    public void Close(RtcCloseReason reason)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _channel.Abort();
        _transport.Close();
        _forwarders.Clear();
        _output.OnClosed(reason);
    }

    public void Dispose() => _transport.Dispose();

    void ISessionTransportOutput.SendDatagram(ReadOnlySpan<byte> datagram) => _output.SendDatagram(datagram);

    void ISessionTransportOutput.OnLocalCredentials(Ice.IceCredentials credentials) => _output.OnLocalCredentials(credentials);

    void ISessionTransportOutput.OnAuthenticatedPacket(long nowMs) => _output.OnAuthenticatedPacket(nowMs);

    void ISessionTransportOutput.OnApplicationData(ReadOnlySpan<byte> data) => _channel.Receive(data, _nowMs);

    void ISessionTransportOutput.OnTransportEnded(RtcCloseReason reason)
    {
        if (reason is RtcCloseReason.IceFailed or RtcCloseReason.DtlsFailed && !_closed)
        {
            _output.OnError(RtcErrorKind.Ice);
        }

        Close(reason);
    }

    void INegotiationOutput.SendDescription(SignalingPath path, SessionDescriptionMessage description)
    {
        // Before it leaves: a client checks as soon as it has read an answer, and a check that nobody knows is dropped.
        FollowTransport(_peer.Remote!);
        byte[] json = description.ToJson();
        if (path == SignalingPath.DataChannel)
        {
            _channel.SendSdp(json, _nowMs);
        }
        else
        {
            _output.SendToClient(RtcMessageType.Sdp, json);
        }
    }

    long INegotiationOutput.SendMediaMap(IReadOnlyList<Sdp.MediaMapEntry> map)
    {
        KeyValuePair<string, DataChannels.MediaMapEntry>[] sections =
            [.. map.Select(static entry => KeyValuePair.Create(entry.Mid, new DataChannels.MediaMapEntry(TrackTypeName.Of(entry.Type), entry.SenderId)))];
        _channel.SendMediaMap(sections, _nowMs, out long number);
        return number;
    }

    void INegotiationOutput.SendLockReply(bool granted) => _channel.SendLockReply(granted, _nowMs);

    void INegotiationOutput.OnDescriptionApplied()
    {
        _participant.SetReceiving(SessionForwarders.ToInbound(_peer.Receiving));
        _forwarders.Apply(_peer.Sending);
    }

    void INegotiationOutput.OnLockTaken(long waitedMs) => _output.OnLockTaken(waitedMs);

    void INegotiationOutput.OnLockReleased(long heldMs) => _output.OnLockReleased(heldMs);

    void INegotiationOutput.OnOfferUnanswered() => _output.OnOfferUnanswered();

    void INegotiationOutput.OnNegotiationFailed() => FailSignaling();

    void IDataChannelEvents.SendPacket(ReadOnlySpan<byte> packet) => _transport.Send(packet);

    void IDataChannelEvents.OnOpen()
    {
        _channelDeadlineMs = null;
        _negotiation.OnChannelOpen(_nowMs);
        _output.OnReadyToReceive();
    }

    void IDataChannelEvents.OnMessage(CallsChannelMessage message)
    {
        switch (message.Type)
        {
            case CallsChannelMessageType.Sdp:
                OnDescription(message.SdpJson.Span, SignalingPath.DataChannel);
                break;
            case CallsChannelMessageType.Lock:
                _negotiation.OnLock(_nowMs);
                break;
            case CallsChannelMessageType.Unlock:
                _negotiation.OnUnlock(_nowMs);
                break;
            case CallsChannelMessageType.LossRate:
                _output.OnQuality(RtcQuality.LossRate, message.Number);
                break;
            case CallsChannelMessageType.RoundTripTime:
                FollowRoundTrip(message.Number);
                _output.OnQuality(RtcQuality.RoundTripTime, message.Number);
                break;
            case CallsChannelMessageType.Jitter:
                _output.OnQuality(RtcQuality.Jitter, message.Number);
                break;
            default:
                RefusedMessages++; // a message that only servers send
                break;
        }
    }

    void IDataChannelEvents.OnMessageIgnored(CallsChannelResult reason)
    {
        RefusedMessages++;
        if (reason is CallsChannelResult.BadSdpData or CallsChannelResult.SdpTooLong)
        {
            _output.OnError(RtcErrorKind.Signaling);
        }
    }

    void IDataChannelEvents.OnAcknowledged(long throughMessageNumber) => _negotiation.OnChannelAcknowledged(throughMessageNumber, _nowMs);

    void IDataChannelEvents.OnChannelClosed()
    {
        // The session stays up, but cannot negotiate any more (media.md 5.1).
    }

    void IDataChannelEvents.OnAssociationClosed(SctpCloseReason reason) => Close(RtcCloseReason.ClosedByPeer);

    private static Sdp.IceCredentials Describe(Ice.IceCredentials credentials) => new(credentials.Ufrag, credentials.Password);

    private void FollowChoice()
    {
        (IReadOnlyList<PublishedTrack> wanted, IReadOnlyList<PublishedTrack> unwanted) = _codecs.Choose(_nowMs);
        foreach (PublishedTrack track in unwanted)
        {
            _forwarders.Remove(track);
            _negotiation.Unwant(track.TrackId, _nowMs);
        }

        foreach (PublishedTrack track in wanted)
        {
            _negotiation.Want(_forwarders.Add(track), _nowMs);
        }
    }

    private void OnDescription(ReadOnlySpan<byte> json, SignalingPath path)
    {
        bool isFirst = Agent is null;
        bool applied = (path == SignalingPath.DataChannel || json.Length <= SessionDescriptionMessage.MaxWebSocketLengthBytes)
            && SessionDescriptionMessage.TryParse(json, out SessionDescriptionMessage description)
            && (description.IsOffer || !isFirst)
            && _negotiation.OnDescription(description, path, _nowMs);
        if (!applied)
        {
            RefusedMessages++;
            if (isFirst)
            {
                FailSignaling();
            }
            else
            {
                _output.OnError(RtcErrorKind.Signaling);
            }

            return;
        }

        if (_owesCandidates)
        {
            _owesCandidates = false;
            SendCandidates();
        }
    }

    private void FollowTransport(RemoteTransportParameters remote)
    {
        if (Agent is null)
        {
            _channelDeadlineMs = _nowMs + ChannelOpenMs;
            _channel.PeerMaxMessageLength = remote.MaxMessageSize;
        }

        _owesCandidates |= _transport.Follow(remote, _peer.LocalSetup, _nowMs);
    }

    // Clients of the Go library round to whole seconds, most of them to 0.
    private void FollowRoundTrip(double seconds)
    {
        if (seconds is > 0 and < 10)
        {
            _participant.ReportedRoundTripMs = (long)(seconds * 1000);
        }
    }

    private void FailSignaling()
    {
        _output.OnError(RtcErrorKind.Signaling);
        Close(RtcCloseReason.Signaling);
    }

    // Also inline in the answer (DEV-4); older clients expect them as messages.
    private void SendCandidates()
    {
        foreach (IceCandidate candidate in _environment.Candidates)
        {
            _output.SendToClient(RtcMessageType.Ice, CandidateMessage.Write(candidate.Format(_transport.Credentials.Ufrag)));
        }
    }

    private sealed class ParticipantSsrcs(MediaParticipant participant) : ISsrcSource
    {
        public uint Next() => participant.AllocateSsrc();
    }
}
