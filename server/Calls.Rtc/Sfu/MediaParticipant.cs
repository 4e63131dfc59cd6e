using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Feedback;
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
    // 400 datagrams per second, as many at once: each may claim thousands of packets, and browsers send a tenth of it.
    private const long RtcpDatagramUs = 2_500;
    private const long RtcpBurstUs = 1_000_000;

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
    private SubscriberBandwidth? _bandwidth;

    // Owned by the loop.
    private readonly InboundMedia _inbound;
    private readonly InboundRepair _repair;
    private readonly InboundReports _reports;
    private readonly InboundRtcp _inboundRtcp;
    private readonly OutboundRtcp _outboundRtcp;
    private bool _isPacing;
    private int _appliedMuteCount;
    private readonly long[] _rtcpResults = new long[Enum.GetValues<RtcpReceiveResult>().Length];
    private LeakyBucket _rtcpDatagrams;
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
        _reports = new InboundReports(Counters);
        _outboundRtcp = new OutboundRtcp(this, AllocateSsrc(), Counters);
        _repair = new InboundRepair(_outboundRtcp, Counters);
        _inbound = new InboundMedia(this, events, _reports, _repair, Counters);
        _inboundRtcp = new InboundRtcp(_inbound.Streams, Outgoing, Feedback, clock, Counters);
    }

    public string SessionId { get; }

    /// <summary>Its client may send AV1 beside VP8 (media.md 4.2).</summary>
    public bool SendsAv1 { get; init; }

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

    internal OutboundStreams Outgoing { get; } = new();

    /// <summary>What its path carries; <c>null</c> as long as no video is sent to it.</summary>
    internal SubscriberBandwidth? Bandwidth => Volatile.Read(ref _bandwidth);

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

    /// <summary>How many RTCP datagrams had this result.</summary>
    public long Count(RtcpReceiveResult result) => Volatile.Read(ref _rtcpResults[(int)result]);

    /// <summary>[loop] Decrypts a compound or reduced-size packet in place and applies it.</summary>
    public RtcpReceiveResult ReceiveRtcp(Span<byte> datagram, long nowMs, IPacketSink sink)
    {
        ApplyControl(nowMs);
        RtcpReceiveResult result = ApplyRtcp(datagram, nowMs, sink);
        _rtcpResults[(int)result]++;
        return result;
    }

    /// <summary>[loop] Reports, feedback and deadlines. Call it every 20 to 50 ms.</summary>
    public void Tick(long nowMs, IPacketSink sink)
    {
        AnswerRequests(nowMs, sink);
        Bandwidth?.Tick(nowMs);
        if (nowMs >= _nextReportScanMs)
        {
            _nextReportScanMs = nowMs + ReportScanMs;
            foreach (PublishedTrack track in _inbound.Tracks.Snapshot)
            {
                track.WriteReports(_clock, nowMs, sink);
            }
        }

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

        _isPacing = true; // a probe may be among the requests
        Pace(nowMs, sink);
    }

    /// <summary>[loop] Sends the video of its tracks that has waited for this time.</summary>
    public void Pace(long nowMs, IPacketSink sink)
    {
        if (!_isPacing)
        {
            return;
        }

        _isPacing = false;
        foreach (PublishedTrack track in _inbound.Tracks.Snapshot)
        {
            _isPacing |= track.Codec.Kind() == TrackKind.Video && track.Pace(nowMs, sink);
        }

        if (_isPacing)
        {
            sink.WakeAt(nowMs + VideoPacer.IntervalMs);
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

    /// <summary>[loop] Some video of its tracks has to wait a little.</summary>
    internal void NotePacing(long nowMs, IPacketSink sink)
    {
        if (!_isPacing)
        {
            _isPacing = true;
            sink.WakeAt(nowMs + VideoPacer.IntervalMs);
        }
    }

    /// <summary>Any thread: video is sent to this session from now on, so its path has to be measured.</summary>
    internal void MeasureBandwidth()
    {
        lock (_controlLock)
        {
            if (Bandwidth is null)
            {
                var bandwidth = new SubscriberBandwidth(Outgoing);
                Volatile.Write(ref _bandwidth, bandwidth);
                Feedback.Observer ??= bandwidth;
            }
        }
    }

    internal ushort NextTransportSequenceNumber() => Outgoing.NextTransportSequenceNumber();

    /// <summary>[loop] The client has proved that it is there.</summary>
    internal void OnAuthenticated(long nowMs) => Volatile.Write(ref _lastAuthenticatedMs, nowMs);

    /// <summary>[loop] Asks the client for a key frame of a track if one is wanted and the last request is old enough.</summary>
    internal void SendKeyFrameRequest(PublishedTrack track, long nowMs, IPacketSink sink) =>
        _outboundRtcp.SendKeyFrameRequest(track, nowMs, sink);

    private RtcpReceiveResult ApplyRtcp(Span<byte> datagram, long nowMs, IPacketSink sink)
    {
        if (Volatile.Read(ref _inboundKeys) is not { } keys)
        {
            return RtcpReceiveResult.NoKeys;
        }

        if (keys.TryUnprotectRtcp(datagram, out int length) != SrtpResult.Ok)
        {
            return RtcpReceiveResult.NotAuthentic;
        }

        OnAuthenticated(nowMs);
        if (!_rtcpDatagrams.TryAdd(RtcpDatagramUs, nowMs * 1000, RtcpBurstUs))
        {
            return RtcpReceiveResult.RateLimited;
        }

        bool isWellFormed = _inboundRtcp.TryApply(datagram[..length], nowMs);
        SendKeyFrameRequests(nowMs, sink);
        return isWellFormed ? RtcpReceiveResult.Applied : RtcpReceiveResult.Malformed;
    }

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
