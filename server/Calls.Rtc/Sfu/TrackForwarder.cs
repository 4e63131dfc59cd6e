using System.Buffers.Binary;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Bandwidth;
using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Sfu.Payloads;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>Forwards one published track to one subscriber as a single continuous RTP stream.</summary>
/// <remarks>
/// Its send state is touched by the publisher's loop only, the one writer of this outbound SSRC; it allocates nothing after
/// construction. A forwarder serves one track once: a section that is bound again gets a new SSRC (media.md 9.6).
/// </remarks>
internal sealed class TrackForwarder
{
    private readonly MediaParticipant _receiver;
    private readonly SubscriberFormat _format;
    private readonly Retransmitter? _retransmitter;
    private readonly SenderReporting _reports;

    private PublishedTrack? _track;

    private OutboundNumbering _numbering;
    private Vp8Continuity _vp8;
    private bool _isKeyFrame;

    /// <param name="receiver">The subscriber.</param>
    /// <param name="ssrc">From <see cref="MediaParticipant.AllocateSsrc"/> of the same receiver.</param>
    public TrackForwarder(MediaParticipant receiver, uint ssrc, SubscriberFormat format)
    {
        _receiver = receiver;
        Ssrc = ssrc;
        _format = format;
        _reports = new SenderReporting(ssrc);
        _retransmitter = format.History > 0 ? new Retransmitter(receiver, format) : null;
    }

    /// <param name="receiver">The subscriber.</param>
    /// <param name="ssrc">From <see cref="MediaParticipant.AllocateSsrc"/> of the same receiver.</param>
    /// <param name="payloadType">The subscriber's payload type for the track's codec.</param>
    /// <param name="extensionIds">The subscriber's ids.</param>
    public TrackForwarder(MediaParticipant receiver, uint ssrc, byte payloadType, RtpExtensionIds extensionIds)
        : this(receiver, ssrc, new SubscriberFormat(payloadType, extensionIds))
    {
    }

    public MediaParticipant Receiver => _receiver;

    public uint Ssrc { get; }

    /// <summary>The track it was added to; <c>null</c> before.</summary>
    public PublishedTrack? Track => Volatile.Read(ref _track);

    /// <summary>Packets sent on <see cref="Ssrc"/>, modulo 2^32.</summary>
    public uint PacketCount => _reports.Packets;

    /// <summary>What the subscriber last reported about this stream.</summary>
    public RemoteReception Remote { get; } = new();

    /// <summary>Packets kept for retransmission; 0 if the subscriber sends no NACKs.</summary>
    internal int KeepsHistory => _format.History;

    /// <summary>Which layer of a video track the subscriber gets.</summary>
    internal LayerSelector Layers { get; } = new();

    /// <summary>What the subscriber's bandwidth leaves for it. Belongs to the subscriber's loop.</summary>
    internal VideoAllocation Allocation { get; } = new();

    /// <summary>When its packets leave.</summary>
    internal VideoPacer Pacer { get; } = new();

    /// <summary>SSRC of its retransmissions; 0 without.</summary>
    internal uint RtxSsrc => _format.RtxSsrc;

    /// <summary>[publisher's loop] Something waits for its time.</summary>
    internal bool IsPacing => Pacer.IsBusy || _retransmitter?.HasRequests == true;

    internal bool TryBindTo(PublishedTrack track) => Interlocked.CompareExchange(ref _track, track, null) is null;

    /// <summary>Any thread: the subscriber's decoder needs a key frame. Nothing for audio.</summary>
    /// <remarks>
    /// One that gets nothing at present asks in vain: it gets a key frame when there is room for it. So does one to which a key
    /// frame is on its way.
    /// </remarks>
    internal void RequestKeyFrame()
    {
        bool isServed = Pacer.IsSendingKeyFrame || (Pacer.IsRunning && Layers.Current.IsNothing);
        if (Track is { } track && track.Codec.Kind() == TrackKind.Video && !isServed)
        {
            track.RequestKeyFrame(Layers.KeyFrameLayer);
        }
    }

    /// <summary>[publisher's loop] Rewrites a packet into the subscriber's numbering, protects and queues it.</summary>
    internal ForwardResult Forward(in SourcePacket source, long nowMs, IPacketSink sink)
    {
        SrtpOutbound? keys = _receiver.Outbound;
        TransportPath? path = _receiver.Path;
        if (keys is null || path is null)
        {
            return ForwardResult.NotConnected;
        }

        bool isVideo = _track!.Codec.Kind() == TrackKind.Video;
        bool isSwitch = !_numbering.IsFrom(source.Layer.Source);
        if (isVideo && _numbering.IsPictureComplete && Pacer.IsBehind)
        {
            Interrupt(nowMs);
            return ForwardResult.Behind;
        }

        if (isVideo && !TrySelect(source, nowMs, ref isSwitch, out ForwardResult refusal))
        {
            return refusal;
        }

        bool isTalkspurt = _numbering.HasStarted && isSwitch && !isVideo;
        if (isSwitch)
        {
            SwitchTo(source, nowMs);
        }

        if (source.Video.IsVp8 && IsLeftOut(source, nowMs, sink))
        {
            return ForwardResult.LeftOut;
        }

        _isKeyFrame = source.Video.StartsKeyFrame || (_isKeyFrame && !_numbering.IsPictureComplete);
        if (!_numbering.TryNumber(source.Sequence, out long outSequence))
        {
            return ForwardResult.Late;
        }

        Span<byte> buffer = sink.Reserve();
        uint timestamp = _numbering.Timestamp(source.Packet.Timestamp);
        bool mustWait = isVideo && Pacer.MustWait(outSequence, source.Packet.Length, canWait: _retransmitter is not null, nowMs);
        ushort transportNumber = mustWait ? (ushort)0 : NextTransportNumber();
        int length = Rewrite(source, buffer, (ushort)outSequence, timestamp, isTalkspurt, transportNumber, out int payloadLength);
        _retransmitter?.Keep(outSequence, buffer[..length], payloadLength, source.Kept, source.Packet.Payload.Length);
        _numbering.Advance(outSequence, timestamp, source.Packet.HasMarker, nowMs);
        ForwardResult result = ForwardResult.Sent;
        if (mustWait)
        {
            Pacer.Enqueue(outSequence, length, _isKeyFrame);
            _track.Publisher.NotePacing(nowMs, sink);
        }
        else if (!TryTransmit(buffer, length, outSequence, payloadLength, transportNumber, nowMs, sink))
        {
            result = ForwardResult.NotProtected;
        }

        if (isVideo && isSwitch && source.Sequence < source.Layer.HighestSequence)
        {
            ForwardWhatFollowed(source.Layer, source.Sequence, nowMs, sink);
        }

        return result;
    }

    /// <summary>[publisher's loop] Sends what has waited and may go now, and padding if a probe is wanted.</summary>
    /// <returns>Whether something still waits.</returns>
    internal bool Pace(long nowMs, IPacketSink sink)
    {
        Retransmit(nowMs, sink);
        while (Pacer.TryDequeue(nowMs, out long sequence))
        {
            ushort transportNumber = NextTransportNumber();
            if (!_retransmitter!.TryRelease(sequence, transportNumber, out SentPacket packet))
            {
                continue; // a gap that was lost on its way to us, or what newer packets have overwritten
            }

            Span<byte> buffer = sink.Reserve();
            int length = packet.CopyTo(buffer);
            Pacer.OnSent(length);
            TryTransmit(buffer, length, sequence, packet.PayloadLength, transportNumber, nowMs, sink);
        }

        while (_numbering.HasStarted && _format.ExtensionIds.TransportCc != 0 && Pacer.TryTakePadding(nowMs))
        {
            int sent = _retransmitter?.HasRtx == true
                ? _retransmitter.SendPadding(VideoPacer.PaddingBytes, _numbering.LastTimestamp, nowMs, sink)
                : SendPadding(nowMs, sink);
            if (sent == 0)
            {
                break;
            }

            Pacer.OnPadding(sent);
        }

        return IsPacing;
    }

    /// <summary>[subscriber's loop] The subscriber misses packets.</summary>
    internal void RequestRetransmission(in Nack nack)
    {
        if (_retransmitter is not null && Track is { } track)
        {
            _retransmitter.Request(nack);
            track.Publisher.NoteRequest();
        }
    }

    /// <summary>[publisher's loop] Sends again what the subscriber asked for.</summary>
    internal void Retransmit(long nowMs, IPacketSink sink)
    {
        if (_retransmitter is not null && _numbering.HasStarted)
        {
            (int packets, int octets) = _retransmitter.Answer(
                Pacer.HighestLeft(_numbering.Highest), Remote.RoundTripMs, Pacer, nowMs, sink);
            _reports.Add((uint)packets, (uint)octets, nowMs);
        }
    }

    /// <summary>[publisher's loop] Sends a sender report if one is due.</summary>
    internal void WriteReport(NtpClock clock, long nowMs, IPacketSink sink) =>
        _reports.Write(_receiver, clock, _track!.Codec.ClockRate(), _numbering.LastTimestamp, _numbering.LastMs, nowMs, sink);

    private SentPacketKind Kind => _track!.Codec.Kind() == TrackKind.Audio ? SentPacketKind.Audio : SentPacketKind.Video;

    private ushort NextTransportNumber() => _format.ExtensionIds.TransportCc == 0 ? (ushort)0 : _receiver.NextTransportSequenceNumber();

    private bool TryTransmit(
        Span<byte> buffer, int length, long sequence, int payloadLength, ushort transportNumber, long nowMs, IPacketSink sink)
    {
        if (_receiver.Outbound is not { } keys || _receiver.Path is not { } path)
        {
            return false;
        }

        length = keys.Protect(buffer, length, (uint)(sequence >> 16));
        if (length == 0)
        {
            return false;
        }

        sink.Commit(length, path);
        if (_format.ExtensionIds.TransportCc != 0)
        {
            _receiver.Feedback.OnSent(transportNumber, length, Kind, nowMs);
        }

        _reports.Add(1, (uint)payloadLength, nowMs);
        return true;
    }

    // Between two pictures only: padding in the middle of one would keep it from being complete.
    private int SendPadding(long nowMs, IPacketSink sink)
    {
        if (!_numbering.IsPictureComplete || Pacer.HasQueue || _receiver.Outbound is not { } keys || _receiver.Path is not { } path)
        {
            return 0;
        }

        long sequence = _numbering.TakeOwn();
        ushort transportNumber = NextTransportNumber();
        var header = new OutboundRtpHeader(
            Ssrc, _format.PayloadType, HasMarker: false, (ushort)sequence, _numbering.LastTimestamp, _format.ExtensionIds, AudioLevel: null, transportNumber);
        Span<byte> buffer = sink.Reserve();
        int length = keys.Protect(buffer, RtpWriter.WritePadding(buffer, header, VideoPacer.PaddingBytes), (uint)(sequence >> 16));
        if (length > 0)
        {
            sink.Commit(length, path);
            _receiver.Feedback.OnSent(transportNumber, length, SentPacketKind.Probe, nowMs);
            _reports.Add(1, 0, nowMs);
        }

        return length;
    }

    // What waits would arrive too late: its numbers are taken back, as if it had never been forwarded.
    private void Interrupt(long nowMs)
    {
        Layers.Interrupt(nowMs);
        if (!Pacer.HasQueue || !_retransmitter!.TryGet(Pacer.HighestLeft(_numbering.Highest), out SentPacket last))
        {
            return;
        }

        Pacer.Clear();
        _numbering.RewindTo(last.Sequence, BinaryPrimitives.ReadUInt32BigEndian(last.Header[4..]), _track!.Codec.ClockRate());
        if (_track.Codec == RtpCodec.Vp8 && Vp8PayloadDescriptor.TryParse(last.PayloadStart, out Vp8PayloadDescriptor picture))
        {
            _vp8.RewindTo(picture);
        }
    }

    private int Rewrite(
        in SourcePacket source, Span<byte> buffer, ushort sequence, uint timestamp, bool isTalkspurt, ushort transportNumber, out int payloadLength)
    {
        byte? redPayloadType = source.Red.IsEmpty ? null : _format.RedPayloadType;
        ReadOnlySpan<byte> payload = source.Red.IsEmpty || redPayloadType is not null ? source.Packet.Payload : source.Red.Primary;

        // The marker of audio begins a talkspurt (RFC 3551, section 4.1); that of video ends a frame.
        var header = new OutboundRtpHeader(
            Ssrc,
            redPayloadType ?? _format.PayloadType,
            source.Packet.HasMarker || isTalkspurt,
            sequence,
            timestamp,
            _format.ExtensionIds,
            source.AudioLevel,
            transportNumber);
        int length = RtpWriter.Rewrite(source.Packet, payload, buffer, header);
        payloadLength = payload.Length;
        Span<byte> rewritten = buffer[(length - payloadLength)..length];
        if (redPayloadType is not null)
        {
            source.Red.SetPayloadTypes(rewritten, _format.PayloadType);
        }
        else if (source.Video.IsVp8)
        {
            _vp8.Rewrite(source.Video.Vp8, rewritten);
        }

        return length;
    }

    private bool TrySelect(in SourcePacket source, long nowMs, ref bool isSwitch, out ForwardResult refusal)
    {
        bool isNewPicture = !source.Video.IsVp8 || _vp8.IsNew(source.Video.Vp8);
        LayerDecision decision = Layers.Decide(_track!, source.Layer.Index, source.Video, isNewPicture, Pacer.IsLate, nowMs);
        refusal = decision == LayerDecision.AwaitingKeyFrame ? ForwardResult.AwaitingKeyFrame : ForwardResult.OtherLayer;
        isSwitch |= decision == LayerDecision.Switch;
        return decision is LayerDecision.Forward or LayerDecision.Switch;
    }

    private bool IsLeftOut(in SourcePacket source, long nowMs, IPacketSink sink)
    {
        if (!_vp8.IsLeftOut(source.Video.Vp8, Layers.Current.TemporalLayer))
        {
            return false;
        }

        if (_numbering.LeaveOut(source.Sequence, out long number))
        {
            SendFiller(number, source, nowMs, sink);
        }

        return true;
    }

    private void SendFiller(long sequence, in SourcePacket source, long nowMs, IPacketSink sink)
    {
        bool mustWait = sequence > Pacer.HighestLeft(_numbering.Highest);
        Span<byte> buffer = sink.Reserve();
        ushort transportNumber = mustWait ? (ushort)0 : NextTransportNumber();
        var header = new OutboundRtpHeader(
            Ssrc, _format.PayloadType, HasMarker: false, (ushort)sequence, _numbering.Timestamp(source.Packet.Timestamp), _format.ExtensionIds, AudioLevel: null, transportNumber);
        int length = RtpWriter.WritePadding(buffer, header, paddingBytes: 1);
        _retransmitter?.Keep(sequence, buffer[..length], payloadLength: 0, source.Kept, sourcePayloadLength: 0);
        if (!mustWait)
        {
            TryTransmit(buffer, length, sequence, payloadLength: 0, transportNumber, nowMs, sink);
        }
    }

    // The first packet of a key frame may come after others of it, late or repaired: what came before it is needed after all.
    private void ForwardWhatFollowed(PublishedLayer layer, long sequence, long nowMs, IPacketSink sink)
    {
        Span<byte> plain = stackalloc byte[PacketBuffer.MaxDatagram + RtpWriter.MaxHeaderLength];
        for (sequence++; sequence <= layer.HighestSequence; sequence++)
        {
            if (!layer.TryGetRecent(sequence, out RecentPacket recent) || !recent.Kept.Payloads!.TryGet(recent.Kept.Index, out ReadOnlySpan<byte> payload))
            {
                continue;
            }

            var header = new OutboundRtpHeader(
                layer.Source!.Ssrc, PayloadType: 0, recent.HasMarker, (ushort)sequence, recent.Timestamp, default, AudioLevel: null, TransportSequenceNumber: 0);
            if (RtpPacketView.TryParse(plain[..RtpWriter.Write(plain, header, payload)], out RtpPacketView packet))
            {
                Forward(
                    new SourcePacket
                    {
                        Packet = packet,
                        Sequence = sequence,
                        Layer = layer,
                        Video = VideoPayload.Read(_track!.Codec, payload),
                        Kept = recent.Kept,
                    },
                    nowMs,
                    sink);
            }
        }
    }

    private void SwitchTo(in SourcePacket source, long nowMs)
    {
        _numbering.SwitchTo(source.Layer.Source!, source.Sequence, source.Packet.Timestamp, nowMs);
        if (source.Video.IsVp8)
        {
            _vp8.SwitchTo(source.Video.Vp8);
        }
    }
}
