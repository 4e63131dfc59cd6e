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
    /// <summary>Time between sender reports (media.md 4.5).</summary>
    public const long ReportIntervalMs = 1000;

    // A longer step would take the receiver's estimate of the rollover counter along (RFC 3711, section 3.3.1).
    private const long MaxSequenceStep = 3000;

    private readonly MediaParticipant _receiver;
    private readonly SubscriberFormat _format;
    private readonly Retransmitter? _retransmitter;

    private PublishedTrack? _track;

    // Outgoing numbers are kept extended: the upper bits are the rollover counter.
    private bool _started;
    private InboundStream? _source;
    private NumberGaps _gaps;
    private Vp8Continuity _vp8;
    private long _sequenceOffset;
    private long _lowestSequence;
    private long _highestSequence;
    private uint _timestampOffset;
    private uint _lastTimestamp;
    private long _lastSentMs;
    private bool _isPictureComplete;
    private bool _isKeyFrame;

    private uint _packetCount;
    private uint _octetCount;
    private SrtcpIndex _rtcpIndex;
    private long _nextReportMs;
    private uint _reportedPackets;
    private bool _wasIdleReported;

    /// <param name="receiver">The subscriber.</param>
    /// <param name="ssrc">From <see cref="MediaParticipant.AllocateSsrc"/> of the same receiver.</param>
    public TrackForwarder(MediaParticipant receiver, uint ssrc, SubscriberFormat format)
    {
        _receiver = receiver;
        Ssrc = ssrc;
        _format = format;
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
    public uint PacketCount => Volatile.Read(ref _packetCount);

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
        bool isSwitch = source.Layer.Source != _source;
        if (isVideo && _isPictureComplete && Pacer.IsBehind)
        {
            Interrupt(nowMs);
            return ForwardResult.Behind;
        }

        if (isVideo && !TrySelect(source, nowMs, ref isSwitch, out ForwardResult refusal))
        {
            return refusal;
        }

        bool isTalkspurt = _started && isSwitch && !isVideo;
        if (isSwitch)
        {
            SwitchTo(source, nowMs);
        }

        if (source.Video.IsVp8 && IsLeftOut(source, nowMs, sink))
        {
            return ForwardResult.LeftOut;
        }

        _isKeyFrame = source.Video.StartsKeyFrame || (_isKeyFrame && !_isPictureComplete);
        if (!TryNumber(source.Sequence, out long outSequence))
        {
            return ForwardResult.Late;
        }

        Span<byte> buffer = sink.Reserve();
        uint timestamp = source.Packet.Timestamp + _timestampOffset;
        bool mustWait = isVideo && _retransmitter is not null && Pacer.MustWait(outSequence, source.Packet.Length, nowMs);
        ushort transportNumber = mustWait ? (ushort)0 : NextTransportNumber();
        int length = Rewrite(source, buffer, (ushort)outSequence, timestamp, isTalkspurt, transportNumber, out int payloadLength);
        _retransmitter?.Keep(outSequence, buffer[..length], payloadLength, source.Kept, source.Packet.Payload.Length);
        Advance(outSequence, timestamp, source.Packet.HasMarker, nowMs);
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

        while (_started && _format.ExtensionIds.TransportCc != 0 && Pacer.TryTakePadding(nowMs))
        {
            int sent = _retransmitter?.HasRtx == true
                ? _retransmitter.SendPadding(VideoPacer.PaddingBytes, _lastTimestamp, nowMs, sink)
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
        if (_retransmitter is not null && _started)
        {
            (int packets, int octets) = _retransmitter.Answer(
                Pacer.HighestLeft(_highestSequence), Remote.RoundTripMs, Pacer, nowMs, sink);

            // Reports count what was sent on this SSRC, repetitions included.
            _packetCount += (uint)packets;
            _octetCount += (uint)octets;
        }
    }

    /// <summary>[publisher's loop] Sends a sender report if one is due.</summary>
    internal void WriteReport(NtpClock clock, long nowMs, IPacketSink sink)
    {
        if (!_started || nowMs < _nextReportMs)
        {
            return;
        }

        // Keeps its phase, without making up for seconds in which nobody asked.
        _nextReportMs += ReportIntervalMs * (1 + ((nowMs - _nextReportMs) / ReportIntervalMs));

        // A source that has been silent since the report before last is no sender any more (RFC 3550, section 6.4).
        bool isIdle = _packetCount == _reportedPackets;
        if (isIdle && _wasIdleReported)
        {
            return;
        }

        SrtpOutbound? keys = _receiver.Outbound;
        TransportPath? path = _receiver.Path;
        if (keys is null || path is null || !_rtcpIndex.TryNext(out uint index))
        {
            return;
        }

        _wasIdleReported = isIdle;
        _reportedPackets = _packetCount;
        uint clockRate = _track!.Codec.ClockRate();
        uint timestamp = _lastTimestamp + (uint)((nowMs - _lastSentMs) * clockRate / 1000);
        Span<byte> buffer = sink.Reserve();
        int length = SenderReport.Write(buffer, Ssrc, clock.ToNtp(nowMs), timestamp, _packetCount, _octetCount);
        length = keys.ProtectRtcp(buffer, length, index);
        if (length > 0)
        {
            sink.Commit(length, path);
        }
    }

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

        _packetCount++;
        _octetCount += (uint)payloadLength;
        return true;
    }

    // Between two pictures only: padding in the middle of one would keep it from being complete. It takes a number of the
    // stream, and what comes late from before it finds its own number taken.
    private int SendPadding(long nowMs, IPacketSink sink)
    {
        if (!_isPictureComplete || Pacer.HasQueue)
        {
            return 0;
        }

        long sequence = _highestSequence + 1;
        ushort transportNumber = NextTransportNumber();
        var header = new OutboundRtpHeader(
            Ssrc, _format.PayloadType, HasMarker: false, (ushort)sequence, _lastTimestamp, _format.ExtensionIds, AudioLevel: null, transportNumber);
        Span<byte> buffer = sink.Reserve();
        int length = RtpWriter.WritePadding(buffer, header, VideoPacer.PaddingBytes);
        if (_receiver.Outbound is not { } keys || _receiver.Path is not { } path || (length = keys.Protect(buffer, length, (uint)(sequence >> 16))) == 0)
        {
            return 0;
        }

        sink.Commit(length, path);
        _receiver.Feedback.OnSent(transportNumber, length, SentPacketKind.Probe, nowMs);
        _packetCount++;
        _sequenceOffset++;
        _highestSequence = sequence;
        _lowestSequence = sequence + 1;
        return length;
    }

    // What waits would arrive too late: its numbers are taken back, as if it had never been forwarded.
    private void Interrupt(long nowMs)
    {
        Layers.Interrupt(nowMs);
        if (!Pacer.HasQueue || !_retransmitter!.TryGet(Pacer.HighestLeft(_highestSequence), out SentPacket last))
        {
            return;
        }

        Pacer.Clear();
        _highestSequence = last.Sequence;
        _lastTimestamp = BinaryPrimitives.ReadUInt32BigEndian(last.Header[4..]);
        if (_track!.Codec == RtpCodec.Vp8 && Vp8PayloadDescriptor.TryParse(last.PayloadStart, out Vp8PayloadDescriptor picture))
        {
            _vp8.RewindTo(picture);
        }
    }

    private void Advance(long sequence, uint timestamp, bool hasMarker, long nowMs)
    {
        // A late packet keeps its own number but must not move the high-water mark back.
        if (sequence >= _highestSequence)
        {
            (_highestSequence, _lastTimestamp, _lastSentMs, _isPictureComplete) = (sequence, timestamp, nowMs, hasMarker);
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

        if (_gaps.IsNew(source.Sequence))
        {
            _gaps.Advance(source.Sequence, skip: true);
        }
        else if (!_gaps.IsSkipped(source.Sequence) && !_gaps.TrySkipLate(source.Sequence) && TryNumber(source.Sequence, out long number))
        {
            // It came late, and what came after it is on its way already: its place is filled with nothing.
            SendFiller(number, source, nowMs, sink);
        }

        return true;
    }

    private void SendFiller(long sequence, in SourcePacket source, long nowMs, IPacketSink sink)
    {
        bool mustWait = sequence > Pacer.HighestLeft(_highestSequence);
        Span<byte> buffer = sink.Reserve();
        ushort transportNumber = mustWait ? (ushort)0 : NextTransportNumber();
        var header = new OutboundRtpHeader(
            Ssrc, _format.PayloadType, HasMarker: false, (ushort)sequence, source.Packet.Timestamp + _timestampOffset, _format.ExtensionIds, AudioLevel: null, transportNumber);
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

    private bool TryNumber(long sequence, out long outSequence)
    {
        if (_gaps.IsNew(sequence))
        {
            _gaps.Advance(sequence, skip: false);
        }

        outSequence = _gaps.Compact(sequence) + _sequenceOffset;
        if (outSequence - _highestSequence > MaxSequenceStep)
        {
            ContinueAt(_highestSequence + 1, sequence);
            outSequence = _lowestSequence;
        }

        return outSequence >= _lowestSequence && !_gaps.IsForgotten(sequence);
    }

    // The subscriber sees one source (RFC 3550, section 5.1), so another source, another layer and a layer that was paused
    // continue the old numbering: the next sequence number, and a timestamp advanced by the time in between.
    private void SwitchTo(in SourcePacket source, long nowMs)
    {
        InboundStream stream = source.Layer.Source!;
        if (_started)
        {
            if (stream != _source)
            {
                uint timestamp = source.Packet.Timestamp;
                _timestampOffset = _lastTimestamp + (uint)TicksSinceLast(stream, timestamp, nowMs) - timestamp;
            }

            ContinueAt(_highestSequence + 1, source.Sequence);
        }
        else
        {
            // Starting in the lower half keeps a wrap out of the first packets, whose loss would leave the receiver
            // with a wrong rollover counter for good (RFC 3711, section 3.3.1).
            _started = true;
            ContinueAt(source.Sequence & 0x7FFF, source.Sequence);
            _highestSequence = _lowestSequence;
            _nextReportMs = nowMs + FirstReportDelayMs;
        }

        _source = stream;
        if (source.Video.IsVp8)
        {
            _vp8.SwitchTo(source.Video.Vp8);
        }
    }

    // The layers of one camera show the same moments: their sender reports say how their timestamps relate (media.md 4.6).
    // What they say is believed as far as the clock on the wall agrees.
    private long TicksSinceLast(InboundStream source, uint timestamp, long nowMs)
    {
        uint clockRate = source.Codec.ClockRate();
        long elapsed = (nowMs - _lastSentMs) * clockRate / 1000;
        if (source.Codec.Kind() == TrackKind.Video
            && source.Clock.TryGetCaptureTicks(timestamp, clockRate, out long captured)
            && _source!.Clock.TryGetCaptureTicks(_lastTimestamp - _timestampOffset, clockRate, out long capturedBefore)
            && Math.Abs(captured - capturedBefore - elapsed) < clockRate)
        {
            elapsed = captured - capturedBefore;
        }

        return Math.Max(1, elapsed);
    }

    // Numbers before the new start may be taken: reusing one with another payload would reuse a GCM nonce (media.md 9.6).
    private void ContinueAt(long outSequence, long sequence)
    {
        _gaps = default;
        _gaps.Advance(sequence, skip: false);
        _sequenceOffset = outSequence - sequence;
        _lowestSequence = outSequence;
    }

    // Within the first second (media.md 4.11), and spread so that reports do not leave in bursts.
    private long FirstReportDelayMs => 100 + (Ssrc % 700);
}
