using System.Buffers.Binary;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>
/// The way of a client's RTP packet to the subscribers of its track: decrypt, bind to a section, check limits, number, forward.
/// </summary>
/// <remarks>Owned by the participant's loop.</remarks>
internal sealed class InboundMedia(
    MediaParticipant participant, IMediaParticipantEvents events, InboundReports reports, InboundRepair repair, LossCounters counters)
{
    // 1 byte drains per microsecond: 8 Mbit/s sustained, and 20 Mbit in a second from an empty bucket (media.md 9.7).
    private const long BurstBytes = 1_500_000;

    private readonly DepartedSsrcs _departed = new();
    private readonly VoiceActivityDetector _voice = new();
    private readonly long[] _results = new long[(int)RtpReceiveResult.Muted + 1];
    private InboundDescription _applied = InboundDescription.Empty;
    private LeakyBucket _inboundBytes;

    public InboundStreams Streams { get; } = new();

    public PublishedTracks Tracks { get; } = new(participant, events);

    /// <summary>Any thread: how many RTP packets had this result.</summary>
    public long Count(RtpReceiveResult result) => Volatile.Read(ref _results[(int)result]);

    /// <summary>Decrypts a packet in place and forwards it to the subscribers of its track.</summary>
    public RtpReceiveResult Receive(Span<byte> datagram, SrtpInbound? keys, long nowMs, IPacketSink sink)
    {
        RtpReceiveResult result = keys is null ? RtpReceiveResult.NoKeys : Unprotect(datagram, keys, nowMs, sink);
        _results[(int)result]++;
        return result;
    }

    /// <summary>Empties the detector and reports voice-off, also if nobody spoke (media.md 4.10).</summary>
    public void OnMuted()
    {
        _voice.Reset();
        events.OnVoiceActivity(false);
    }

    /// <summary>Takes over what signaling says now, if that is new.</summary>
    public void Follow(InboundDescription description, long nowMs)
    {
        if (!ReferenceEquals(description, _applied))
        {
            Apply(description, nowMs);
        }
    }

    private RtpReceiveResult Unprotect(Span<byte> datagram, SrtpInbound keys, long nowMs, IPacketSink sink)
    {
        if (datagram.Length is < RtpPacketView.FixedHeaderLength or > PacketBuffer.MaxDatagram)
        {
            return RtpReceiveResult.Malformed;
        }

        // The SSRC is in the clear; what is done with it before authentication changes nothing.
        uint ssrc = BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
        InboundStream? stream = Streams.Find(ssrc);
        if (stream is null && _departed.IsForgotten(ssrc))
        {
            return RtpReceiveResult.UnknownSsrc;
        }

        if (keys.TryUnprotect(datagram, out int length) != SrtpResult.Ok)
        {
            return RtpReceiveResult.NotAuthentic;
        }

        participant.OnAuthenticated(nowMs);
        if (!RtpPacketView.TryParse(datagram[..length], out RtpPacketView packet))
        {
            return RtpReceiveResult.Malformed;
        }

        if (packet.TryGetExtension(_applied.TransportCcId, out ReadOnlySpan<byte> transportCc) && transportCc.Length >= 2)
        {
            reports.OnTransportCc(BinaryPrimitives.ReadUInt16BigEndian(transportCc), ssrc, nowMs);
        }

        if (ssrc == 0)
        {
            return RtpReceiveResult.Probe;
        }

        if (stream is not { IsBound: true } && !TryBind(packet, ref stream, keys, nowMs, out RtpReceiveResult refusal))
        {
            return refusal;
        }

        return stream!.Repairs is { } original
            ? ReceiveRepair(original, datagram[..length], packet.PayloadType, nowMs, sink)
            : Receive(stream, packet, isRepair: false, nowMs, sink);
    }

    /// <param name="plain">A retransmission, which becomes the packet that it repeats.</param>
    private RtpReceiveResult ReceiveRepair(InboundStream original, Span<byte> plain, byte payloadType, long nowMs, IPacketSink sink)
    {
        if (!original.Section!.TryGetRepaired(payloadType, out byte repaired))
        {
            return RtpReceiveResult.UnknownPayloadType;
        }

        return RtxPacket.TryUnwrap(plain, original.Ssrc, repaired, out RtpPacketView packet)
            ? Receive(original, packet, isRepair: true, nowMs, sink)
            : RtpReceiveResult.Probe;
    }

    private RtpReceiveResult Receive(InboundStream stream, in RtpPacketView packet, bool isRepair, long nowMs, IPacketSink sink)
    {
        if (!stream.Section!.TryGetCodec(packet.PayloadType, out RtpCodec codec) || codec != stream.Codec)
        {
            return RtpReceiveResult.UnknownPayloadType;
        }

        if (!IsWithinLimits(stream, packet.Length, nowMs))
        {
            // Not accepted, so it counts as lost: the client's congestion control shall notice. But it is not asked for again.
            repair.OnPacket(stream, SequenceNumber.Extend(packet.SequenceNumber, stream.Sequence.Highest), nowMs, sink);
            return RtpReceiveResult.RateLimited;
        }

        if (!stream.Sequence.TryAccept(packet.SequenceNumber, out long index))
        {
            return RtpReceiveResult.Late;
        }

        if (!isRepair)
        {
            // What came on a stream of its own was lost on this one, and reports say so (RFC 4588, section 7.2).
            stream.Reception.OnPacket(index, packet.Timestamp, stream.Codec.ClockRate(), nowMs);
        }

        repair.OnPacket(stream, index, nowMs, sink);
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
            Tracks.Classify(stream, _applied, nowMs);
        }

        if (stream.State != InboundStreamState.Active)
        {
            return stream.State == InboundStreamState.Pending ? RtpReceiveResult.Unclassified : RtpReceiveResult.Retired;
        }

        PublishedTrack track = stream.Track!;
        if (track.Type == TrackType.Voice && participant.Muted)
        {
            return RtpReceiveResult.Muted;
        }

        byte? level = packet.TryGetExtension(stream.Section!.Section.AudioLevelId, out ReadOnlySpan<byte> data) && data.Length > 0
            ? data[0]
            : null;
        if (stream.Section.IsRed(packet.PayloadType))
        {
            if (!RedPayload.TryParse(packet.Payload, out RedPayload red) || !stream.Section.IsOpus(red.PrimaryPayloadType))
            {
                return RtpReceiveResult.Malformed;
            }

            counters.Add(LossCounter.PacketsRestored, RedRestoration.Restore(stream, packet, red, index, nowMs, sink));
            track.Forward(stream.Layer, packet, red, stream.Sequence.Compact(index), level, nowMs, sink);
        }
        else
        {
            track.Forward(stream.Layer, packet, default, stream.Sequence.Compact(index), level, nowMs, sink);
        }

        // Only the voice feeds the detector (DEV-16); the upper bit is the client's own opinion, which is ignored.
        if (track.Type == TrackType.Voice && level is { } voiceLevel && _voice.Push((byte)(voiceLevel & 0x7F), nowMs))
        {
            events.OnVoiceActivity(_voice.IsSpeaking);
        }

        if (track.Codec.Kind() == TrackKind.Video)
        {
            participant.SendKeyFrameRequest(track, nowMs, sink);
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
            if (packet.Ssrc == participant.RtcpSsrc || participant.Outgoing.SendsWith(packet.Ssrc))
            {
                refusal = RtpReceiveResult.Looped;
                return false;
            }

            bool isDeclared = (_applied.FindBySsrc(packet.Ssrc) ?? _applied.FindByRtxSsrc(packet.Ssrc)) is not null;
            stream = Streams.TryAdd(packet.Ssrc, isDeclared, nowMs, out InboundStream? evicted);
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

        return Streams.TryBind(stream, packet, _applied, nowMs, out refusal);
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

    private void Apply(InboundDescription description, long nowMs)
    {
        InboundDescription before = _applied;
        _applied = description;
        if (description.TransportCcId != 0)
        {
            reports.EnableTransportCc();
        }

        foreach (ReceivingSection section in description.Sections)
        {
            foreach (uint ssrc in section.AllSsrcs)
            {
                if ((before.FindBySsrc(ssrc) ?? before.FindByRtxSsrc(ssrc)) is null)
                {
                    _departed.Remove(ssrc);
                }
            }
        }

        foreach (InboundStream stream in Streams.All.ToArray())
        {
            Follow(stream, description);
        }

        foreach (InboundStream stream in Streams.All.ToArray())
        {
            // Retransmissions go with what they repeat.
            if (stream.Repairs is { } original && Streams.Find(original.Ssrc) != original)
            {
                Streams.Remove(stream);
                _departed.Add(stream.Ssrc);
            }
        }

        Tracks.Reclassify(Streams.All, description, nowMs);
        if (Tracks.Voice is null && _voice.IsSpeaking)
        {
            _voice.Reset();
            events.OnVoiceActivity(false);
        }
    }

    private void Follow(InboundStream stream, InboundDescription description)
    {
        if (!stream.IsBound)
        {
            // Unknown SSRCs get a new chance.
            Streams.Remove(stream);
            return;
        }

        if (stream.Repairs is not null)
        {
            return;
        }

        if (description.FindByMid(stream.Section!.MidBytes) is { } section && section.StillCarries(stream, description))
        {
            stream.Rebind(section);
            return;
        }

        Tracks.Remove(stream);
        Streams.Remove(stream);
        _departed.Add(stream.Ssrc);
    }
}
