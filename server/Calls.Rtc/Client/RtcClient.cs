using System.Buffers.Binary;
using System.Security.Cryptography;
using Calls.Rtc.DataChannels;
using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sctp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Srtp;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;
using MediaMapEntry = Calls.Rtc.DataChannels.MediaMapEntry;

namespace Calls.Rtc.Client;

/// <summary>
/// A client of the media server, from its first offer to its end, as the browsers are one: it offers a data channel, nominates a
/// path, opens <c>calls-dc</c>, adds tracks under the lock, answers the server's offers, and sends and receives media.
/// For load generation, bots and tests.
/// </summary>
/// <remarks>
/// Pure: datagrams, signaling messages and time in; the same out through <see cref="IRtcClientEvents"/>. <see cref="DeadlineMs"/> says
/// when to call <see cref="HandleDeadline"/>. Not thread-safe.
/// </remarks>
public sealed class RtcClient : IDtlsOutput, IDataChannelEvents, IClientOffersOutput, IClientMediaOutput, IDisposable
{
    public const long PingIntervalMs = 1_000;

    private readonly RtcClientOptions _options;
    private readonly IRtcClientEvents _events;
    private readonly ClientNegotiation _negotiation;
    private readonly ClientOffers _offers;
    private readonly ClientMedia _media;
    private readonly List<SentTrack> _waiting = [];
    private readonly byte[] _check = new byte[StunWriter.MaxSize];
    private Ice.IceCredentials _credentials = Ice.IceCredentials.Create();
    private Ice.IceCredentials? _nextCredentials;
    private IceClientAgent? _agent;
    private DtlsSession? _dtls;
    private DataChannelEndpoint? _channel;
    private TransportAddress? _destination;
    private IReadOnlyDictionary<string, MediaMapEntry> _map = new Dictionary<string, MediaMapEntry>();
    private int _iceGeneration;
    private long? _nextPingMs;
    private long _pingSentMs;
    private long _nowMs;

    public RtcClient(RtcClientOptions options, IRtcClientEvents events)
    {
        _options = options;
        _events = events;
        _nowMs = options.NowMs;
        var local = new LocalTransportParameters
        {
            Credentials = Describe(_credentials),
            Fingerprint = SignaledFingerprints.Of(options.Dtls),
            OriginSessionId = RandomNumber() >> 2,
            IsIceLite = false,
            IceOptions = "trickle",
        };
        _negotiation = new(local, RandomSsrcSource.Create(), options.Profile);
        _offers = new(_negotiation, options.UsesLock, this);
        _media = new(options.UtcNow, options.NowMs, this);
    }

    public RtcClientState State { get; private set; }

    public RtcClientEnd End { get; private set; }

    public IceConnectionState IceState => _agent?.State ?? IceConnectionState.Checking;

    /// <summary>Why <see cref="End"/> is <see cref="RtcClientEnd.DtlsFailed"/>.</summary>
    public DtlsFailure DtlsFailure => _dtls?.Failure ?? DtlsFailure.None;

    /// <summary>IANA number of the SRTP profile; 0 before the handshake is done.</summary>
    public ushort SrtpProfile => _dtls?.SelectedSrtpProfile ?? 0;

    /// <summary>Our address as the server sees it.</summary>
    public TransportAddress? MappedAddress => _agent?.Mapped;

    /// <summary>The last media map, by mid.</summary>
    public IReadOnlyDictionary<string, MediaMapEntry> MediaMap => _map;

    /// <summary>What the server sends us.</summary>
    public IReadOnlyList<RemoteTrack> RemoteTracks { get; private set; } = [];

    /// <summary>What was received, per SSRC that is negotiated at present.</summary>
    public IReadOnlyCollection<ReceivedStream> Streams => _media.Streams;

    /// <summary>Tracks of our own, whether negotiated or not.</summary>
    public IReadOnlyList<SentTrack> SentTracks => _media.Sent;

    /// <summary>Packets that did not authenticate, came twice, or belong to no negotiated stream.</summary>
    public long DroppedPackets => _media.Dropped;

    /// <summary>Of the last ping on the data channel; <c>null</c> before the first pong.</summary>
    public long? RoundTripMs { get; private set; }

    /// <summary>Messages and descriptions of the server that could not be used.</summary>
    public int RefusedMessages { get; private set; }

    /// <summary>Lock requests that the server refused.</summary>
    public int LockRefusals => _offers.Refusals;

    /// <summary>The negotiation lock could not be had within 5 s.</summary>
    public bool HasGivenUpLock => _offers.HasGivenUp;

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next; <c>null</c> if nothing is waited for.</summary>
    public long? DeadlineMs
    {
        get
        {
            if (State is RtcClientState.New or RtcClientState.Closed)
            {
                return null;
            }

            long deadline = _agent?.NextDeadlineMs ?? long.MaxValue;
            deadline = Math.Min(deadline, _dtls?.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _channel?.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _offers.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _media.DeadlineMs ?? long.MaxValue);
            deadline = Math.Min(deadline, _nextPingMs ?? long.MaxValue);
            return deadline == long.MaxValue ? null : deadline;
        }
    }

    /// <summary>The data channel, for messages that the client does not send by itself; <c>null</c> before the first answer.</summary>
    internal DataChannelEndpoint? Channel => _channel;

    /// <summary>The user fragment of our last offer.</summary>
    internal string LocalUfrag => (_nextCredentials ?? _credentials).Ufrag;

    /// <summary>Sends the first offer.</summary>
    public void Start(long nowMs)
    {
        if (State == RtcClientState.New)
        {
            _nowMs = nowMs;
            State = RtcClientState.Connecting;
            _offers.OfferFirst();
        }
    }

    /// <summary>Offers a track as soon as the data channel is open and the lock is free. Several added at once share an offer.</summary>
    public SentTrack AddTrack(OutgoingTrack track, long nowMs)
    {
        _nowMs = nowMs;
        // Well below half the number space, so that packets before the first one to arrive have a place (RFC 3711 3.3.1).
        var sent = new SentTrack(track, (ushort)(RandomNumber() & 0x3FFF));
        _media.Add(sent);
        if (State == RtcClientState.Open)
        {
            _negotiation.Add(track);
            _offers.Change(nowMs);
        }
        else
        {
            _waiting.Add(sent);
        }

        return sent;
    }

    /// <summary>Offers a video track with simulcast; the data channel must be open.</summary>
    /// <param name="rids">Names of the layers, lowest first.</param>
    /// <returns>What is sent of each layer.</returns>
    public IReadOnlyList<SentTrack> AddSimulcastTrack(OutgoingTrack track, IReadOnlyList<string> rids, long nowMs)
    {
        _nowMs = nowMs;
        SentTrack[] layers =
            [.. rids.Select(rid => new SentTrack(track, (ushort)(RandomNumber() & 0x3FFF), rid, (uint)(RandomNumber() | 2)))];
        Array.ForEach(layers, _media.Add);
        _negotiation.Add(track, rids);
        _offers.Change(nowMs);
        return layers;
    }

    /// <summary>Withdraws a track for good. To mute one, just send nothing.</summary>
    public void RemoveTrack(SentTrack track, long nowMs)
    {
        _nowMs = nowMs;
        _media.Remove(track);
        if (!_waiting.Remove(track))
        {
            _negotiation.Remove(track.Track.TrackId);
            _offers.Change(nowMs);
        }
    }

    /// <summary>Offers new ICE credentials; the old path serves until the new one is nominated (RFC 8445, section 9).</summary>
    public void RestartIce(long nowMs)
    {
        _nowMs = nowMs;
        _nextCredentials = Ice.IceCredentials.Create();
        _negotiation.RestartIce(Describe(_nextCredentials));
        _offers.Change(nowMs);
    }

    /// <summary>Sends an RTP packet of one of our tracks.</summary>
    /// <param name="timestamp">In ticks of the codec's clock.</param>
    /// <param name="audioLevel">0 loudest to 127 silence; <c>null</c> leaves the extension out.</param>
    /// <returns><c>false</c>: not connected, not negotiated, or too long.</returns>
    public bool SendRtp(SentTrack track, ReadOnlySpan<byte> payload, uint timestamp, bool hasMarker, byte? audioLevel, long nowMs) =>
        State != RtcClientState.Closed && _media.Send(track, payload, timestamp, hasMarker, audioLevel, nowMs);

    /// <summary>Asks for a key frame of a received video track (PLI), as a decoder does that cannot go on.</summary>
    public void RequestKeyFrame(ReceivedStream stream, long nowMs)
    {
        if (State != RtcClientState.Closed)
        {
            _media.RequestKeyFrame(stream, nowMs);
        }
    }

    /// <summary>Takes a message of the server's signaling: an offer, an answer or a candidate.</summary>
    public void ReceiveSignal(ReadOnlyMemory<byte> json, long nowMs)
    {
        _nowMs = nowMs;
        if (State != RtcClientState.Closed)
        {
            OnSignal(json, isOnChannel: false);
        }
    }

    /// <summary>Takes a datagram; decrypts it in place.</summary>
    public void Receive(Span<byte> datagram, TransportAddress source, long nowMs)
    {
        _nowMs = nowMs;
        if (State is RtcClientState.New or RtcClientState.Closed)
        {
            return;
        }

        switch (PacketDemuxer.Classify(datagram))
        {
            case PacketKind.Rtp:
                _media.ReceiveRtp(datagram, nowMs);
                break;
            case PacketKind.Rtcp:
                _media.ReceiveRtcp(datagram, nowMs);
                break;
            case PacketKind.Stun:
                OnStun(datagram, source);
                break;
            case PacketKind.Dtls:
                _dtls?.Receive(datagram, nowMs);
                FollowDtls();
                break;
        }
    }

    public void HandleDeadline(long nowMs)
    {
        _nowMs = nowMs;
        if (State is RtcClientState.New or RtcClientState.Closed)
        {
            return;
        }

        SendChecks();
        if (_agent?.State == IceConnectionState.Failed)
        {
            Finish(RtcClientEnd.IceFailed);
            return;
        }

        _dtls?.HandleDeadline(nowMs);
        FollowDtls();
        _channel?.HandleDeadline(nowMs);
        if (State == RtcClientState.Closed)
        {
            return;
        }

        if (nowMs >= _nextPingMs)
        {
            _nextPingMs = nowMs + PingIntervalMs;
            _pingSentMs = nowMs;
            _channel!.Send(CallsChannelMessageType.Ping, nowMs);
        }

        _offers.HandleDeadline(nowMs);
        _media.HandleDeadline(nowMs);
    }

    /// <summary>Leaves as <c>pc.close()</c> does: SCTP ABORT, then close_notify.</summary>
    public void Close(long nowMs)
    {
        _nowMs = nowMs;
        Finish(RtcClientEnd.Requested);
    }

    public void Dispose()
    {
        _dtls?.Dispose();
        _media.Dispose();
    }

    void IDtlsOutput.SendDatagram(ReadOnlySpan<byte> datagram) => SendToServer(datagram);

    void IDtlsOutput.OnApplicationData(ReadOnlySpan<byte> data) => _channel?.Receive(data, _nowMs);

    void IDataChannelEvents.SendPacket(ReadOnlySpan<byte> packet) => _dtls?.Send(packet);

    void IDataChannelEvents.OnOpen()
    {
        State = RtcClientState.Open;
        _nextPingMs = _nowMs;
        foreach (SentTrack track in _waiting)
        {
            _negotiation.Add(track.Track);
        }

        _waiting.Clear();
        _events.OnOpen();
        _offers.OnChannelOpen(_nowMs);
    }

    void IDataChannelEvents.OnMessage(CallsChannelMessage message)
    {
        switch (message.Type)
        {
            case CallsChannelMessageType.Pong:
                RoundTripMs = _nowMs - _pingSentMs;
                _media.RoundTripMs = Math.Max(1, RoundTripMs.Value);
                break;
            case CallsChannelMessageType.Sdp:
                OnSignal(message.SdpJson, isOnChannel: true);
                break;
            case CallsChannelMessageType.Lock:
                _offers.OnLockReply(message.IsGranted == true, _nowMs);
                break;
            case CallsChannelMessageType.MediaMap:
                _map = message.MediaMap!;
                break;
        }

        _events.OnChannelMessage(message);
    }

    void IDataChannelEvents.OnMessageIgnored(CallsChannelResult reason) => RefusedMessages++;

    void IDataChannelEvents.OnAcknowledged(long throughMessageNumber)
    {
        // Nothing of a client's waits for it.
    }

    void IDataChannelEvents.OnChannelClosed() => _nextPingMs = null;

    void IDataChannelEvents.OnAssociationClosed(SctpCloseReason reason) => Finish(RtcClientEnd.ClosedByServer);

    void IClientOffersOutput.SendLockRequest() => _channel?.Send(CallsChannelMessageType.Lock, _nowMs);

    void IClientOffersOutput.SendUnlock() => _channel?.Send(CallsChannelMessageType.Unlock, _nowMs);

    void IClientOffersOutput.SendOffer(string sdp) => SendDescription(isOffer: true, sdp);

    void IClientMediaOutput.SendMedia(ReadOnlySpan<byte> datagram) => SendToServer(datagram);

    void IClientMediaOutput.OnPacket(ReceivedStream stream, in ReceivedPacket packet, long nowMs) => _events.OnPacket(stream, packet, nowMs);

    void IClientMediaOutput.OnKeyFrameRequested(SentTrack track) => _events.OnKeyFrameRequested(track);

    private static Sdp.IceCredentials Describe(Ice.IceCredentials credentials) => new(credentials.Ufrag, credentials.Password);

    private static ulong RandomNumber() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    private void SendToServer(ReadOnlySpan<byte> datagram)
    {
        if (_destination is { } destination)
        {
            _events.SendDatagram(datagram, destination);
        }
    }

    private void SendDescription(bool isOffer, string sdp)
    {
        byte[] json = SignalMessage.WriteDescription(isOffer, sdp);
        if (_options.UsesDataChannelSignaling && _channel is { IsOpen: true } channel)
        {
            channel.SendSdp(json, _nowMs);
        }
        else
        {
            _events.SendSignal(RtcMessageType.Sdp, json);
        }
    }

    private void OnSignal(ReadOnlyMemory<byte> json, bool isOnChannel)
    {
        if (!SignalMessage.TryParse(json, out SignalMessageKind kind, out string text) || (isOnChannel && kind == SignalMessageKind.Candidate))
        {
            RefusedMessages++;
            return;
        }

        switch (kind)
        {
            case SignalMessageKind.Offer:
                OnOffer(text);
                break;
            case SignalMessageKind.Answer:
                OnAnswer(text);
                break;
            case SignalMessageKind.Candidate:
                AddCandidate(text);
                break;
        }
    }

    private void OnOffer(string sdp)
    {
        if (_negotiation.TryApplyOffer(sdp, out string answer) != NegotiationResult.Ok)
        {
            RefusedMessages++;
            return;
        }

        FollowNegotiation();
        SendDescription(isOffer: false, answer);
        _offers.OnServerOffer(_nowMs);
    }

    private void OnAnswer(string sdp)
    {
        bool isFirst = _negotiation.Remote is null;
        if (_negotiation.TryApplyAnswer(sdp) != NegotiationResult.Ok)
        {
            RefusedMessages++;
            if (isFirst)
            {
                Finish(RtcClientEnd.Signaling);
            }

            return;
        }

        FollowTransport(_negotiation.Remote!, isFirst);
        if (State != RtcClientState.Closed)
        {
            FollowNegotiation();
            _offers.OnAnswered(_nowMs);
        }
    }

    private void FollowNegotiation()
    {
        RemoteTracks =
        [
            .. _negotiation.Receiving.Where(static section => section.Ssrcs.Count > 0).Select(section => new RemoteTrack(
                section.Mid,
                section.Kind,
                section.StreamId,
                section.TrackId,
                section.Ssrcs[0],
                _map.TryGetValue(section.Mid, out MediaMapEntry entry) ? entry : null)),
        ];
        _media.Apply(_negotiation.Sending, _negotiation.Receiving, RemoteTracks);
        _events.OnNegotiated();
    }

    private void FollowTransport(RemoteTransportParameters remote, bool isFirst)
    {
        if (!isFirst && remote.IceGeneration == _iceGeneration)
        {
            return;
        }

        _iceGeneration = remote.IceGeneration;
        _credentials = _nextCredentials ?? _credentials;
        if (!Ice.IceCredentials.TryCreate(remote.Credentials.Ufrag, remote.Credentials.Password, out Ice.IceCredentials? theirs))
        {
            Finish(RtcClientEnd.Signaling);
            return;
        }

        _agent = new(_credentials, theirs, RandomNumber(), _nowMs);
        if (isFirst)
        {
            DtlsRole role = _negotiation.LocalSetup == DtlsSetup.Active ? DtlsRole.Client : DtlsRole.Server;
            _dtls = new(_options.Dtls, role, this);
            _dtls.SetRemoteFingerprints(SignaledFingerprints.From(remote));
            _channel = new(new() { IsClient = true, StreamId = (ushort)(role == DtlsRole.Client ? 0 : 1) }, this)
            {
                PeerMaxMessageLength = remote.MaxMessageSize,
            };
        }

        foreach (string candidate in _negotiation.RemoteCandidates)
        {
            AddCandidate(candidate);
        }
    }

    private void AddCandidate(string line)
    {
        if (IceCandidate.TryParse(line, out IceCandidate? candidate) == IceCandidateParseResult.Ok
            && candidate is { Address: { } address, TcpType: IceTcpType.None or IceTcpType.Passive }
            && (candidate.IsTcp ? _options.UsesTcp : _options.UsesUdp)
            && _agent is not null)
        {
            _agent.AddRemote(TransportAddress.From(new(address, candidate.Port), candidate.IsTcp), candidate.Priority);
            SendChecks();
        }
    }

    private void SendChecks()
    {
        int length;
        while (_agent is not null && (length = _agent.NextCheck(_nowMs, _check, out TransportAddress destination)) > 0)
        {
            _events.SendDatagram(_check.AsSpan(0, length), destination);
        }
    }

    private void OnStun(ReadOnlySpan<byte> datagram, TransportAddress source)
    {
        if (_agent is null || !StunMessageView.TryParse(datagram, out StunMessageView message))
        {
            return;
        }

        int length = _agent.Handle(message, source, _nowMs, _check);
        if (length > 0)
        {
            _events.SendDatagram(_check.AsSpan(0, length), source);
        }

        _destination = _agent.Selected ?? _destination;
        SendChecks();
        if (_agent.Selected is not null && _dtls is { State: DtlsState.New } && _negotiation.LocalSetup == DtlsSetup.Active)
        {
            _dtls.Start(_nowMs);
        }
    }

    private void FollowDtls()
    {
        if (_dtls is null || State == RtcClientState.Closed)
        {
            return;
        }

        switch (_dtls.State)
        {
            case DtlsState.Connected when State == RtcClientState.Connecting:
                OnConnected(_dtls);
                break;
            case DtlsState.Failed:
                Finish(RtcClientEnd.DtlsFailed);
                break;
            case DtlsState.Closed:
                Finish(RtcClientEnd.ClosedByServer);
                break;
        }
    }

    private void OnConnected(DtlsSession dtls)
    {
        State = RtcClientState.Connected;
        byte[] exported = dtls.ExportSrtpKeys();
        if (!SrtpKeyingMaterial.TryCreate(dtls.SelectedSrtpProfile, exported, out SrtpKeyingMaterial? keys))
        {
            Finish(RtcClientEnd.DtlsFailed);
            return;
        }

        CryptographicOperations.ZeroMemory(exported);
        using (keys)
        {
            SrtpSide us = _negotiation.LocalSetup == DtlsSetup.Active ? SrtpSide.DtlsClient : SrtpSide.DtlsServer;
            _media.SetKeys(keys.CreateOutbound(us), keys.CreateInbound(us), _nowMs);
        }

        // Browsers open the association as soon as the handshake is done, in both roles.
        _channel!.Connect(_nowMs);
    }

    private void Finish(RtcClientEnd end)
    {
        if (State == RtcClientState.Closed)
        {
            return;
        }

        // Closed first: the ABORT below comes back as the end of the association.
        State = RtcClientState.Closed;
        End = end;
        _channel?.Abort();
        _dtls?.Close();
        _events.OnClosed(end);
    }
}
