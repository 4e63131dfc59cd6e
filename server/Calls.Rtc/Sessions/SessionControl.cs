using System.Security.Cryptography;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sctp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Sessions;

/// <summary>
/// The control side of one session from its first offer to its end: ICE credentials, DTLS, SCTP, data channel and
/// negotiation, put together (media.md 6.3). Media itself never passes here.
/// </summary>
/// <remarks>Pure: messages, datagrams and time in, effects out. Owned by one mailbox: not thread-safe.</remarks>
internal sealed class SessionControl : IDtlsOutput, INegotiationOutput, IDataChannelEvents, IDisposable
{
    /// <summary>How long a session waits for its first offer.</summary>
    public const long FirstOfferMs = 10_000;

    /// <summary>How long after the first answer the data channel may take to open (media.md 5.1).</summary>
    public const long ChannelOpenMs = 20_000;

    /// <summary>Candidates looked at per client (media.md 9.2).</summary>
    public const int MaxRemoteCandidates = 50;

    private readonly SessionEnvironment _environment;
    private readonly MediaParticipant _participant;
    private readonly ISessionControlOutput _output;
    private readonly SessionForwarders _forwarders;
    private readonly PeerNegotiation _peer;
    private readonly SessionNegotiation _negotiation;
    private readonly DataChannelEndpoint _channel;
    private readonly long _firstOfferDeadlineMs;
    private Ice.IceCredentials _credentials = Ice.IceCredentials.Create();
    private IceLiteAgent? _agent;
    private DtlsSession? _dtls;
    private long? _channelDeadlineMs;
    private int _iceGeneration;
    private bool _keysInstalled;
    private bool _closed;
    private long _nowMs;

    public SessionControl(RtcSessionConfig config, SessionEnvironment environment, MediaParticipant participant, ISessionControlOutput output, long nowMs)
    {
        _environment = environment;
        _participant = participant;
        _output = output;
        _forwarders = new(participant, environment.NackHistory);
        _firstOfferDeadlineMs = nowMs + FirstOfferMs;
        _peer = new(
            new LocalTransportParameters
            {
                Credentials = Describe(_credentials),
                Fingerprint = SignaledFingerprints.Of(environment.Dtls),
                OriginSessionId = environment.OriginSessionId,
                PreferredSetup = environment.DtlsActive ? DtlsSetup.Active : DtlsSetup.Passive,
                Candidates = [.. environment.Candidates.Select(candidate => candidate.Format(_credentials.Ufrag))],
                DrawCredentials = DrawCredentials,
            },
            new ParticipantSsrcs(participant),
            environment.Codecs);
        _negotiation = new(_peer, config.DcSignaling, this);
        _channel = new(new DataChannelOptions(), this);
    }

    /// <summary>The ICE agent, once the client has offered. Guarded by locking it: checks arrive on any media loop.</summary>
    public IceLiteAgent? Agent => Volatile.Read(ref _agent);

    /// <summary>What is agreed with the client.</summary>
    public PeerNegotiation Peer => _peer;

    /// <summary>Who offers, and what is waited for.</summary>
    public SessionNegotiation Negotiation => _negotiation;

    /// <summary>Messages of the client that could not be used: bad descriptions, candidates and data channel messages.</summary>
    public int RefusedMessages { get; private set; }

    /// <summary>Candidates that the client sent.</summary>
    public int RemoteCandidates { get; private set; }

    /// <summary>Loss, delay and jitter reports of the client.</summary>
    public int QualityReports { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next; <c>null</c> once closed.</summary>
    public long? DeadlineMs
    {
        get
        {
            if (_closed)
            {
                return null;
            }

            long deadline = _agent is null ? _firstOfferDeadlineMs : long.MaxValue;
            deadline = Math.Min(deadline, _channelDeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _dtls?.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _channel.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _negotiation.DeadlineMs ?? long.MaxValue);
            if (_agent is { } agent)
            {
                lock (agent)
                {
                    deadline = Math.Min(deadline, agent.NextDeadlineMs);
                }
            }

            return deadline;
        }
    }

    public void HandleDeadline(long nowMs)
    {
        if (_closed)
        {
            return;
        }

        _nowMs = nowMs;
        if (_agent is null)
        {
            if (nowMs >= _firstOfferDeadlineMs)
            {
                Close(RtcCloseReason.Signaling);
            }

            return;
        }

        if (nowMs >= _channelDeadlineMs)
        {
            Close(RtcCloseReason.DataChannelTimeout);
            return;
        }

        IceConnectionState ice;
        lock (_agent)
        {
            // Media that flows keeps the session connected; only checks keep consent (media.md 1.8).
            if (_participant.LastAuthenticatedMs > _agent.LastPacketMs)
            {
                _agent.OnAuthenticatedPacket(_participant.LastAuthenticatedMs);
            }

            _agent.Advance(nowMs);
            ice = _agent.State;
        }

        if (ice == IceConnectionState.Failed)
        {
            Close(RtcCloseReason.IceFailed);
            return;
        }

        _dtls?.HandleDeadline(nowMs);
        FollowDtls();
        _channel.HandleDeadline(nowMs);
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
        switch (type)
        {
            case RtcMessageType.Sdp:
                OnDescription(data.Span, SignalingPath.WebSocket);
                break;
            case RtcMessageType.Ice:
                OnCandidate(data.Span);
                break;
            case RtcMessageType.Mute:
                _participant.Muted = true;
                break;
            case RtcMessageType.Unmute:
                _participant.Muted = false;
                break;
            case RtcMessageType.ScreenOn:
                SetStream(data.Span, "screenStreamID"u8, _participant.SetScreenStream);
                break;
            case RtcMessageType.ScreenOff:
                _participant.SetScreenStream(null);
                break;
            case RtcMessageType.VideoOn:
                SetStream(data.Span, "videoStreamID"u8, _participant.SetVideoStream);
                break;
            case RtcMessageType.VideoOff:
                _participant.SetVideoStream(null);
                break;
            default:
                RefusedMessages++;
                break;
        }
    }

    /// <summary>A DTLS datagram from an address that an authenticated check has validated (media.md 9.3).</summary>
    public void OnDtlsDatagram(ReadOnlySpan<byte> datagram, long nowMs)
    {
        if (_closed || _dtls is null)
        {
            return;
        }

        _nowMs = nowMs;
        _dtls.Receive(datagram, nowMs);
        FollowDtls();
    }

    /// <summary>The first path to the client is valid: as DTLS client we may speak now.</summary>
    public void OnPathValidated(long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed && _dtls is { State: DtlsState.New } && OurRole == DtlsRole.Client)
        {
            _dtls.Start(nowMs);
        }
    }

    /// <summary>Another session of the call sends a track.</summary>
    public void OnTrackStarted(PublishedTrack track, long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed && IsOwed(track))
        {
            _negotiation.Want(_forwarders.Add(track), nowMs);
        }
    }

    /// <summary>A track of another session has ended.</summary>
    public void OnTrackEnded(PublishedTrack track, long nowMs)
    {
        _nowMs = nowMs;
        if (!_closed)
        {
            _forwarders.Remove(track);
            _negotiation.Unwant(track.TrackId, nowMs);
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
        _dtls?.Close();
        _forwarders.Clear();
        _output.OnClosed(reason);
    }

    public void Dispose() => _dtls?.Dispose();

    void IDtlsOutput.SendDatagram(ReadOnlySpan<byte> datagram) => _output.SendDatagram(datagram);

    void IDtlsOutput.OnApplicationData(ReadOnlySpan<byte> data)
    {
        if (_agent is { } agent)
        {
            lock (agent)
            {
                agent.OnAuthenticatedPacket(_nowMs);
            }
        }

        _output.OnAuthenticatedPacket(_nowMs);
        _channel.Receive(data, _nowMs);
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

    void INegotiationOutput.OnNegotiationFailed() => Close(RtcCloseReason.Signaling);

    void IDataChannelEvents.SendPacket(ReadOnlySpan<byte> packet) => _dtls?.Send(packet);

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
            case CallsChannelMessageType.RoundTripTime:
            case CallsChannelMessageType.Jitter:
                QualityReports++;
                break;
            default:
                RefusedMessages++; // a message that only servers send
                break;
        }
    }

    void IDataChannelEvents.OnMessageIgnored(CallsChannelResult reason) => RefusedMessages++;

    void IDataChannelEvents.OnAcknowledged(long throughMessageNumber) => _negotiation.OnChannelAcknowledged(throughMessageNumber, _nowMs);

    void IDataChannelEvents.OnChannelClosed()
    {
        // The session stays up, but cannot negotiate any more (media.md 5.1).
    }

    void IDataChannelEvents.OnAssociationClosed(SctpCloseReason reason) => Close(RtcCloseReason.ClosedByPeer);

    private DtlsRole OurRole => _peer.LocalSetup == DtlsSetup.Active ? DtlsRole.Client : DtlsRole.Server;

    private static Sdp.IceCredentials Describe(Ice.IceCredentials credentials) => new(credentials.Ufrag, credentials.Password);

    // Clients that can decode AV1 still get VP8: publishers always send it, and one codec serves everybody.
    private static bool IsOwed(PublishedTrack track) => track.Codec != Sfu.RtpCodec.Av1;

    private Sdp.IceCredentials DrawCredentials()
    {
        _credentials = Ice.IceCredentials.Create();
        return Describe(_credentials);
    }

    private void OnDescription(ReadOnlySpan<byte> json, SignalingPath path)
    {
        bool isFirst = _agent is null;
        int generation = _iceGeneration;
        bool applied = SessionDescriptionMessage.TryParse(json, out SessionDescriptionMessage description)
            && (description.IsOffer || !isFirst)
            && _negotiation.OnDescription(description, path, _nowMs);
        if (!applied)
        {
            RefusedMessages++;
            if (isFirst)
            {
                Close(RtcCloseReason.Signaling);
            }

            return;
        }

        if (isFirst || generation != _iceGeneration)
        {
            SendCandidates();
        }
    }

    private void FollowTransport(RemoteTransportParameters remote)
    {
        if (_agent is null)
        {
            Begin(remote);
        }
        else if (remote.IceGeneration != _iceGeneration)
        {
            Restart(remote);
        }
    }

    /// <summary>The first offer is being answered: the transport can come up.</summary>
    private void Begin(RemoteTransportParameters remote)
    {
        _iceGeneration = remote.IceGeneration;
        _channelDeadlineMs = _nowMs + ChannelOpenMs;
        _dtls = new DtlsSession(_environment.Dtls, OurRole, this);
        _dtls.SetRemoteFingerprints(SignaledFingerprints.From(remote));
        Volatile.Write(ref _agent, new IceLiteAgent(_credentials, remote.Credentials.Ufrag, _nowMs));
        _output.OnLocalCredentials(_credentials);
    }

    private void Restart(RemoteTransportParameters remote)
    {
        _iceGeneration = remote.IceGeneration;
        lock (_agent!)
        {
            _agent.Restart(_credentials, remote.Credentials.Ufrag);
        }

        _output.OnLocalCredentials(_credentials);
    }

    // Also inline in the answer (DEV-4); older clients expect them as messages.
    private void SendCandidates()
    {
        foreach (IceCandidate candidate in _environment.Candidates)
        {
            _output.SendToClient(RtcMessageType.Ice, CandidateMessage.Write(candidate.Format(_credentials.Ufrag)));
        }
    }

    // A lite agent needs none of the client's candidates: they are validated, counted and left alone.
    private void OnCandidate(ReadOnlySpan<byte> json)
    {
        if (++RemoteCandidates > MaxRemoteCandidates || !CandidateMessage.IsValid(json))
        {
            RefusedMessages++;
        }
    }

    private void SetStream(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, Action<string?> set)
    {
        if (StreamIdMessage.TryParse(json, key, out string? streamId))
        {
            set(streamId);
        }
        else
        {
            RefusedMessages++;
        }
    }

    private void FollowDtls()
    {
        if (_dtls is null || _closed)
        {
            return;
        }

        switch (_dtls.State)
        {
            case DtlsState.Connected when !_keysInstalled:
                InstallKeys(_dtls);
                break;
            case DtlsState.Failed:
                Close(RtcCloseReason.DtlsFailed);
                break;
            case DtlsState.Closed:
                Close(RtcCloseReason.ClosedByPeer);
                break;
        }
    }

    private void InstallKeys(DtlsSession dtls)
    {
        _keysInstalled = true;
        _output.OnAuthenticatedPacket(_nowMs);
        byte[] exported = dtls.ExportSrtpKeys();
        if (!SrtpKeyingMaterial.TryCreate(dtls.SelectedSrtpProfile, exported, out SrtpKeyingMaterial? keys))
        {
            Close(RtcCloseReason.DtlsFailed);
            return;
        }

        CryptographicOperations.ZeroMemory(exported);
        using (keys)
        {
            SrtpSide us = OurRole == DtlsRole.Client ? SrtpSide.DtlsClient : SrtpSide.DtlsServer;
            _participant.SetTransport(keys.CreateOutbound(us), keys.CreateInbound(us));
        }

        _channel.PeerMaxMessageLength = _peer.Remote!.MaxMessageSize;
    }

    private sealed class ParticipantSsrcs(MediaParticipant participant) : ISsrcSource
    {
        public uint Next() => participant.AllocateSsrc();
    }
}
