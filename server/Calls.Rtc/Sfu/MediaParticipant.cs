using System.Buffers.Binary;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Layers;
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
    // 1 byte drains per microsecond: 8 Mbit/s sustained, and 20 Mbit in a second from an empty bucket (media.md 9.7).
    private const long BurstBytes = 1_500_000;

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

    // Owned by the loop.
    private readonly InboundStreams _streams = new();
    private readonly DepartedSsrcs _departed = new();
    private readonly PublishedTracks _tracks;
    private readonly InboundRtcp _rtcp;
    private readonly InboundReports _reports = new();
    private readonly VoiceActivityDetector _voice = new();
    private readonly long[] _results = new long[(int)RtpReceiveResult.Muted + 1];
    private InboundDescription _applied = InboundDescription.Empty;
    private int _appliedMuteCount;
    private LeakyBucket _inboundBytes;
    private SrtcpIndex _rtcpIndex;
    private long _nextReportScanMs;
    private long _lastAuthenticatedMs = long.MinValue;

    /// <param name="sessionId">The stream id that other clients see; without <c>_</c>.</param>
    public MediaParticipant(string sessionId, IMediaParticipantEvents events, NtpClock clock)
    {
        SessionId = sessionId;
        _events = events;
        _clock = clock;
        _tracks = new PublishedTracks(this, events);
        _rtcp = new InboundRtcp(_streams, Outgoing, clock);
        RtcpSsrc = AllocateSsrc();
    }

    public string SessionId { get; }

    /// <summary>Sender SSRC of the RTCP that belongs to no forwarded stream (reports, feedback, key-frame requests).</summary>
    public uint RtcpSsrc { get; }

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
    public IReadOnlyList<PublishedTrack> Tracks => _tracks.Snapshot;

    /// <summary>What is sent to this session: an immutable snapshot.</summary>
    public IReadOnlyList<TrackForwarder> Forwarders => Outgoing.Forwarders;

    /// <summary>Monotonic ms of the last authenticated SRTP or SRTCP packet; <see cref="long.MinValue"/> before the first.</summary>
    public long LastAuthenticatedMs => Volatile.Read(ref _lastAuthenticatedMs);

    internal OutboundStreams Outgoing { get; } = new();

    internal SrtpOutbound? Outbound => Volatile.Read(ref _outboundKeys);

    /// <summary>How many RTP packets had this result.</summary>
    public long Count(RtpReceiveResult result) => Volatile.Read(ref _results[(int)result]);

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
        RtpReceiveResult result = Receive(datagram, nowMs, sink);
        _results[(int)result]++;
        return result;
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

        Volatile.Write(ref _lastAuthenticatedMs, nowMs);
        bool isWellFormed = _rtcp.TryApply(datagram[..length], nowMs);
        SendKeyFrameRequests(nowMs, sink);
        return isWellFormed ? RtcpReceiveResult.Applied : RtcpReceiveResult.Malformed;
    }

    /// <summary>[loop] Reports, feedback and deadlines. Call it every 20 to 50 ms.</summary>
    public void Tick(long nowMs, IPacketSink sink)
    {
        ApplyControl(nowMs);
        SendKeyFrameRequests(nowMs, sink);
        if (nowMs >= _nextReportScanMs)
        {
            _nextReportScanMs = nowMs + ReportScanMs;
            foreach (PublishedTrack track in _tracks.Snapshot)
            {
                track.WriteReports(_clock, nowMs, sink);
            }
        }

        if (_streams.All.IsEmpty)
        {
            return;
        }

        Span<byte> plain = sink.Reserve();
        SendRtcp(plain, _reports.WriteReceiverReport(plain, RtcpSsrc, _streams.All, nowMs), sink);
        plain = sink.Reserve();
        SendRtcp(plain, _reports.WriteFeedback(plain, RtcpSsrc, nowMs), sink);
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
        _tracks.EndAll();
        foreach (TrackForwarder forwarder in Outgoing.Close())
        {
            forwarder.Track!.RemoveSubscriber(forwarder);
        }
    }

    internal ushort NextTransportSequenceNumber() => Outgoing.NextTransportSequenceNumber();

    private void Describe(Func<InboundDescription, InboundDescription> change)
    {
        lock (_controlLock)
        {
            Volatile.Write(ref _description, change(_description));
        }
    }

    private RtpReceiveResult Receive(Span<byte> datagram, long nowMs, IPacketSink sink)
    {
        if (Volatile.Read(ref _inboundKeys) is not { } keys)
        {
            return RtpReceiveResult.NoKeys;
        }

        if (datagram.Length is < RtpPacketView.FixedHeaderLength or > PacketBuffer.MaxDatagram)
        {
            return RtpReceiveResult.Malformed;
        }

        // The SSRC is in the clear; what is done with it before authentication changes nothing.
        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
        InboundStream? stream = _streams.Find(ssrc);
        if (stream is null && _departed.IsForgotten(ssrc))
        {
            return RtpReceiveResult.UnknownSsrc;
        }

        if (keys.TryUnprotect(datagram, out int length) != SrtpResult.Ok)
        {
            return RtpReceiveResult.NotAuthentic;
        }

        Volatile.Write(ref _lastAuthenticatedMs, nowMs);
        if (!RtpPacketView.TryParse(datagram[..length], out RtpPacketView packet))
        {
            return RtpReceiveResult.Malformed;
        }

        if (packet.TryGetExtension(_applied.TransportCcId, out ReadOnlySpan<byte> transportCc) && transportCc.Length >= 2)
        {
            _reports.OnTransportCc(BinaryPrimitives.ReadUInt16BigEndian(transportCc), ssrc, nowMs);
        }

        if (ssrc == 0)
        {
            return RtpReceiveResult.Probe;
        }

        if (stream is not { IsBound: true } && !TryBind(packet, ref stream, keys, nowMs, out RtpReceiveResult refusal))
        {
            return refusal;
        }

        return Receive(stream!, packet, nowMs, sink);
    }

    private RtpReceiveResult Receive(InboundStream stream, in RtpPacketView packet, long nowMs, IPacketSink sink)
    {
        if (!stream.Section!.TryGetCodec(packet.PayloadType, out RtpCodec codec) || codec != stream.Codec)
        {
            return RtpReceiveResult.UnknownPayloadType;
        }

        if (!IsWithinLimits(stream, packet.Length, nowMs))
        {
            // Not accepted, so it counts as lost: the client's congestion control shall notice.
            return RtpReceiveResult.RateLimited;
        }

        if (!stream.Sequence.TryAccept(packet.SequenceNumber, out long index))
        {
            return RtpReceiveResult.Late;
        }

        stream.Reception.OnPacket(index, packet.Timestamp, stream.Codec.ClockRate(), nowMs);
        RtpReceiveResult result = Route(stream, packet, index, nowMs, sink);
        if (result != RtpReceiveResult.Forwarded)
        {
            stream.Sequence.Skip(index);
        }

        return result;
    }

    private RtpReceiveResult Route(InboundStream stream, in RtpPacketView packet, long index, long nowMs, IPacketSink sink)
    {
        if (packet.IsPaddingOnly)
        {
            return RtpReceiveResult.Probe;
        }

        stream.LastPacketMs = nowMs;
        if (stream.State == InboundStreamState.Pending)
        {
            _tracks.Classify(stream, _applied, nowMs);
        }

        if (stream.State != InboundStreamState.Active)
        {
            return stream.State == InboundStreamState.Pending ? RtpReceiveResult.Unclassified : RtpReceiveResult.Retired;
        }

        PublishedTrack track = stream.Track!;
        if (track.Type == TrackType.Voice && _isMuted)
        {
            return RtpReceiveResult.Muted;
        }

        byte? level = packet.TryGetExtension(stream.Section!.Section.AudioLevelId, out ReadOnlySpan<byte> data) && data.Length > 0
            ? data[0]
            : null;
        track.Forward(stream.Layer, packet, stream.Sequence.Compact(index), level, nowMs, sink);

        // Only the voice feeds the detector (DEV-16); the upper bit is the client's own opinion, which is ignored.
        if (track.Type == TrackType.Voice && level is { } voiceLevel && _voice.Push((byte)(voiceLevel & 0x7F), nowMs))
        {
            _events.OnVoiceActivity(_voice.IsSpeaking);
        }

        if (track.Codec.Kind() == TrackKind.Video)
        {
            SendKeyFrameRequest(track, nowMs, sink);
        }

        return RtpReceiveResult.Forwarded;
    }

    private bool TryBind(in RtpPacketView packet, ref InboundStream? stream, SrtpInbound keys, long nowMs, out RtpReceiveResult refusal)
    {
        if (packet.IsPaddingOnly)
        {
            refusal = RtpReceiveResult.Probe;
            return false;
        }

        if (stream is null)
        {
            if (packet.Ssrc == RtcpSsrc || Outgoing.Find(packet.Ssrc) is not null)
            {
                refusal = RtpReceiveResult.Looped;
                return false;
            }

            stream = _streams.TryAdd(packet.Ssrc, _applied.FindBySsrc(packet.Ssrc) is not null, nowMs, out InboundStream? evicted);
            if (evicted is { IsBound: true })
            {
                _departed.Add(evicted.Ssrc);
            }

            if (stream is null)
            {
                refusal = RtpReceiveResult.TooManyStreams;
                return false;
            }

            _departed.MakeRoom(keys);
        }

        return _streams.TryBind(stream, packet, _applied, nowMs, out refusal);
    }

    private bool IsWithinLimits(InboundStream stream, int lengthBytes, long nowMs)
    {
        if (stream.Codec.Kind() == TrackKind.Audio)
        {
            _inboundBytes.Fill(lengthBytes, nowMs * 1000, BurstBytes);
            return stream.IsWithinAudioRate(nowMs);
        }

        return _inboundBytes.TryAdd(lengthBytes, nowMs * 1000, BurstBytes);
    }

    private void SendKeyFrameRequests(long nowMs, IPacketSink sink)
    {
        foreach (PublishedTrack track in _tracks.Snapshot)
        {
            SendKeyFrameRequest(track, nowMs, sink);
        }
    }

    private void SendKeyFrameRequest(PublishedTrack track, long nowMs, IPacketSink sink)
    {
        foreach (PublishedLayer layer in track.Layers)
        {
            if (layer.TryTakeKeyFrameRequest(nowMs))
            {
                Span<byte> plain = sink.Reserve();
                SendRtcp(plain, PictureLossIndication.Write(plain, RtcpSsrc, layer.Source!.Ssrc), sink);
            }
        }
    }

    /// <param name="reserved">The sink's current slot, with a plain packet of <paramref name="length"/> bytes; 0 sends nothing.</param>
    private void SendRtcp(Span<byte> reserved, int length, IPacketSink sink)
    {
        if (length == 0 || Outbound is not { } keys || Path is not { } path || !_rtcpIndex.TryNext(out uint index))
        {
            return;
        }

        length = keys.ProtectRtcp(reserved, length, index);
        if (length > 0)
        {
            sink.Commit(length, path);
        }
    }

    private void ApplyControl(long nowMs)
    {
        InboundDescription description = Volatile.Read(ref _description);
        if (!ReferenceEquals(description, _applied))
        {
            Apply(description, nowMs);
        }

        int muteCount = Volatile.Read(ref _muteCount);
        if (muteCount != _appliedMuteCount)
        {
            _appliedMuteCount = muteCount;
            _voice.Reset();
            _events.OnVoiceActivity(false);
        }
    }

    private void Apply(InboundDescription description, long nowMs)
    {
        InboundDescription before = _applied;
        _applied = description;
        if (description.TransportCcId != 0)
        {
            _reports.EnableTransportCc();
        }

        foreach (ReceivingSection section in description.Sections)
        {
            foreach (uint ssrc in section.Ssrcs)
            {
                if (before.FindBySsrc(ssrc) is null)
                {
                    _departed.Remove(ssrc);
                }
            }
        }

        foreach (InboundStream stream in _streams.All.ToArray())
        {
            Follow(stream, description);
        }

        _tracks.Reclassify(_streams.All, description, nowMs);
        if (_tracks.Voice is null && _voice.IsSpeaking)
        {
            _voice.Reset();
            _events.OnVoiceActivity(false);
        }
    }

    private void Follow(InboundStream stream, InboundDescription description)
    {
        if (!stream.IsBound)
        {
            // Unknown SSRCs get a new chance.
            _streams.Remove(stream);
            return;
        }

        if (description.FindByMid(stream.Section!.MidBytes) is { } section && section.StillCarries(stream, description))
        {
            stream.Rebind(section);
            return;
        }

        _tracks.Remove(stream);
        _streams.Remove(stream);
        _departed.Add(stream.Ssrc);
    }
}
