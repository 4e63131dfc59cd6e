using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Loudest;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>The media half of one session: what its client sends, and what is sent to it.</summary>
/// <remarks>
/// Exactly one loop owns a participant at a time; only that loop calls the methods marked [loop]. Everything else may be
/// called from any thread and takes effect at the next packet or <see cref="Tick"/>. The loop that received a packet
/// encrypts and sends it for every subscriber: their keys and paths are read, never their loop-owned state.
/// </remarks>
internal sealed class MediaParticipant
{
    // How closely sender reports keep to their second; looking at every subscriber more often gains nothing.
    private const long ReportScanMs = 100;

    private readonly IMediaParticipantEvents _events;
    private readonly NtpClock _clock;
    private readonly Lock _controlLock = new();

    // Written by control code.
    private SrtpOutbound? _outboundKeys;
    private SrtpInbound? _inboundKeys;
    private TransportPath? _path;
    private InboundDescription _description = InboundDescription.Empty;
    private volatile bool _isMuted;
    private int _muteCount;
    private int _hasRequests;

    // Owned by the loop.
    private readonly InboundMedia _inbound;
    private readonly InboundRepair _repair;
    private readonly InboundReports _reports = new();
    private readonly InboundRtcp _inboundRtcp;
    private readonly OutboundRtcp _outboundRtcp;
    private int _appliedMuteCount;
    private long _nextReportScanMs;
    private long _lastAuthenticatedMs = long.MinValue;

    /// <param name="sessionId">The stream id that other clients see; without <c>_</c>.</param>
    /// <param name="counters">Of the server; <c>null</c> for one of its own.</param>
    public MediaParticipant(string sessionId, IMediaParticipantEvents events, NtpClock clock, LossCounters? counters = null)
    {
        Counters = counters ?? new();
        SessionId = sessionId;
        _clock = clock;
        _events = events;
        _outboundRtcp = new OutboundRtcp(this, AllocateSsrc(), Counters);
        _repair = new InboundRepair(_outboundRtcp, Counters);
        _inbound = new InboundMedia(this, events, _reports, _repair, Counters);
        _inboundRtcp = new InboundRtcp(_inbound.Streams, Outgoing, Feedback, clock);
    }

    public string SessionId { get; }

    /// <summary>Sender SSRC of the RTCP that belongs to no forwarded stream (reports, feedback, key-frame requests).</summary>
    public uint RtcpSsrc => _outboundRtcp.Ssrc;

    /// <summary>The round trip that the client measured on the data channel, in milliseconds.</summary>
    public long ReportedRoundTripMs
    {
        get => _repair.ReportedRoundTripMs;
        set => _repair.ReportedRoundTripMs = value;
    }

    /// <summary>Where to send to; <c>null</c> stops sending.</summary>
    public TransportPath? Path
    {
        get => Volatile.Read(ref _path);
        set => Volatile.Write(ref _path, value);
    }

    /// <summary>
    /// Muted voice is neither forwarded nor heard by the detector. Each set to <c>true</c> empties the detector and reports
    /// voice-off once, also if nobody spoke (media.md 4.10).
    /// </summary>
    public bool Muted
    {
        get => _isMuted;
        set
        {
            _isMuted = value;
            if (value)
            {
                Interlocked.Increment(ref _muteCount);
            }
        }
    }

    /// <summary>Active tracks of this session: an immutable snapshot, in <see cref="TrackType"/> order.</summary>
    public IReadOnlyList<PublishedTrack> Tracks => _inbound.Tracks.Snapshot;

    /// <summary>What is sent to this session: an immutable snapshot.</summary>
    public IReadOnlyList<TrackForwarder> Forwarders => Outgoing.Forwarders;

    /// <summary>Video is sent or received, whose repair and pacing want every tick in time.</summary>
    public bool HasVideo => _inbound.Tracks.HasVideo || Outgoing.HasVideo;

    /// <summary>Monotonic ms of the last authenticated SRTP or SRTCP packet; <see cref="long.MinValue"/> before the first.</summary>
    public long LastAuthenticatedMs => Volatile.Read(ref _lastAuthenticatedMs);

    internal LossCounters Counters { get; }

    /// <summary>Its voice in a call that forwards the loudest only; <c>null</c> in any other. Set once, before media flows.</summary>
    internal VoiceCandidate? Candidate { get; set; }

    internal OutboundStreams Outgoing { get; } = new();

    /// <summary>What is sent to this session by transport-wide number, and who is told how it fared.</summary>
    internal OutboundFeedback Feedback { get; } = new();

    internal SrtpOutbound? Outbound => Volatile.Read(ref _outboundKeys);

    /// <summary>How many RTP packets had this result.</summary>
    public long Count(RtpReceiveResult result) => _inbound.Count(result);

    /// <summary>Hands over the keys once the handshake is done. <paramref name="inbound"/> belongs to the loop from then on.</summary>
    public void SetTransport(SrtpOutbound outbound, SrtpInbound inbound)
    {
        Volatile.Write(ref _inboundKeys, inbound);
        Volatile.Write(ref _outboundKeys, outbound);
    }

    /// <summary>Replaces the set of sections in which the client sends; tracks of sections that are gone end.</summary>
    public void SetReceiving(IReadOnlyList<InboundSection> sections) => Describe(description => description.WithSections(sections));

    /// <summary>ScreenOn with its stream id, or ScreenOff with <c>null</c>: screen and screen-audio end.</summary>
    public void SetScreenStream(string? streamId) => Describe(description => description.WithScreenStream(streamId));

    /// <summary>VideoOn with its stream id. <c>null</c> (VideoOff) only forgets the id: a camera's track lives as long as its section.</summary>
    public void SetVideoStream(string? streamId) => Describe(description => description.WithVideoStream(streamId));

    /// <summary>An SSRC never used before towards this session, for a <see cref="TrackForwarder"/> (media.md 9.6).</summary>
    public uint AllocateSsrc() => Outgoing.AllocateSsrc(Volatile.Read(ref _description));

    /// <summary>[loop] Decrypts a packet in place and forwards it to the subscribers of its track.</summary>
    /// <param name="datagram">As received, at most <see cref="PacketBuffer.MaxDatagram"/> bytes.</param>
    public RtpReceiveResult ReceiveRtp(Span<byte> datagram, long nowMs, IPacketSink sink)
    {
        ApplyControl(nowMs);
        return _inbound.Receive(datagram, Volatile.Read(ref _inboundKeys), nowMs, sink);
    }

    /// <summary>[loop] Decrypts a compound or reduced-size packet in place and applies it.</summary>
    public RtcpReceiveResult ReceiveRtcp(Span<byte> datagram, long nowMs, IPacketSink sink)
    {
        ApplyControl(nowMs);
        if (Volatile.Read(ref _inboundKeys) is not { } keys)
        {
            return RtcpReceiveResult.NoKeys;
        }

        if (keys.TryUnprotectRtcp(datagram, out int length) != SrtpResult.Ok)
        {
            return RtcpReceiveResult.NotAuthentic;
        }

        OnAuthenticated(nowMs);
        bool isWellFormed = _inboundRtcp.TryApply(datagram[..length], nowMs);
        SendKeyFrameRequests(nowMs, sink);
        return isWellFormed ? RtcpReceiveResult.Applied : RtcpReceiveResult.Malformed;
    }

    /// <summary>[loop] Reports, feedback and deadlines. Call it every 20 to 50 ms.</summary>
    public void Tick(long nowMs, IPacketSink sink)
    {
        AnswerRequests(nowMs, sink);
        if (nowMs >= _nextReportScanMs)
        {
            _nextReportScanMs = nowMs + ReportScanMs;
            foreach (PublishedTrack track in _inbound.Tracks.Snapshot)
            {
                track.WriteReports(_clock, nowMs, sink);
            }

            Candidate?.WriteReports(_clock, nowMs, sink);
        }

        Candidate?.Tick(nowMs);
        if (!_inbound.Streams.All.IsEmpty)
        {
            _repair.Tick(_inbound.Streams.All, nowMs, sink);
            _outboundRtcp.SendReports(_reports, _inbound.Streams.All, nowMs, sink);
        }
    }

    /// <summary>[loop] What subscribers asked for: packets once more, and key frames.</summary>
    public void AnswerRequests(long nowMs, IPacketSink sink)
    {
        Volatile.Write(ref _hasRequests, 0);
        ApplyControl(nowMs);
        SendKeyFrameRequests(nowMs, sink);
        foreach (PublishedTrack track in _inbound.Tracks.Snapshot)
        {
            track.Retransmit(nowMs, sink);
        }
    }

    /// <summary>[loop] Ends all tracks of this session and all its subscriptions.</summary>
    /// <remarks>
    /// Another loop may be about to send it one more packet: dispose its keys and path only after every loop has gone through
    /// its current receive batch.
    /// </remarks>
    public void Close()
    {
        Path = null;
        Volatile.Write(ref _inboundKeys, null);
        Volatile.Write(ref _outboundKeys, null);
        _inbound.Tracks.EndAll();
        Candidate?.End();
        foreach (TrackForwarder forwarder in Outgoing.Close())
        {
            forwarder.Track!.RemoveSubscriber(forwarder);
        }
    }

    /// <summary>Any thread: a subscriber has left a request that only the loop of this participant can answer.</summary>
    internal void NoteRequest()
    {
        if (Interlocked.Exchange(ref _hasRequests, 1) == 0)
        {
            _events.OnRequestsWaiting();
        }
    }

    internal ushort NextTransportSequenceNumber() => Outgoing.NextTransportSequenceNumber();

    /// <summary>[loop] The client has proved that it is there.</summary>
    internal void OnAuthenticated(long nowMs) => Volatile.Write(ref _lastAuthenticatedMs, nowMs);

    /// <summary>[loop] Asks the client for a key frame of a track if one is wanted and the last request is old enough.</summary>
    internal void SendKeyFrameRequest(PublishedTrack track, long nowMs, IPacketSink sink) =>
        _outboundRtcp.SendKeyFrameRequest(track, nowMs, sink);

    private void Describe(Func<InboundDescription, InboundDescription> change)
    {
        lock (_controlLock)
        {
            Volatile.Write(ref _description, change(_description));
        }
    }

    private void SendKeyFrameRequests(long nowMs, IPacketSink sink)
    {
        foreach (PublishedTrack track in _inbound.Tracks.Snapshot)
        {
            SendKeyFrameRequest(track, nowMs, sink);
        }
    }

    private void ApplyControl(long nowMs)
    {
        _inbound.Follow(Volatile.Read(ref _description), nowMs);
        int muteCount = Volatile.Read(ref _muteCount);
        if (muteCount != _appliedMuteCount)
        {
            _appliedMuteCount = muteCount;
            _inbound.OnMuted();
        }
    }
}
