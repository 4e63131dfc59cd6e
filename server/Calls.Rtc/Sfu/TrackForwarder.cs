using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
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
    private readonly byte _payloadType;
    private readonly RtpExtensionIds _extensionIds;

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

    private uint _packetCount;
    private uint _octetCount;
    private SrtcpIndex _rtcpIndex;
    private long _nextReportMs;
    private uint _reportedPackets;
    private bool _wasIdleReported;

    /// <param name="receiver">The subscriber.</param>
    /// <param name="ssrc">From <see cref="MediaParticipant.AllocateSsrc"/> of the same receiver.</param>
    /// <param name="payloadType">The subscriber's payload type for the track's codec.</param>
    /// <param name="extensionIds">The subscriber's ids.</param>
    public TrackForwarder(MediaParticipant receiver, uint ssrc, byte payloadType, RtpExtensionIds extensionIds)
    {
        _receiver = receiver;
        Ssrc = ssrc;
        _payloadType = payloadType;
        _extensionIds = extensionIds;
    }

    public MediaParticipant Receiver => _receiver;

    public uint Ssrc { get; }

    /// <summary>The track it was added to; <c>null</c> before.</summary>
    public PublishedTrack? Track => Volatile.Read(ref _track);

    /// <summary>Packets sent on <see cref="Ssrc"/>, modulo 2^32.</summary>
    public uint PacketCount => Volatile.Read(ref _packetCount);

    /// <summary>What the subscriber last reported about this stream.</summary>
    public RemoteReception Remote { get; } = new();

    /// <summary>Which layer of a video track the subscriber gets.</summary>
    internal LayerSelector Layers { get; } = new();

    internal bool TryBindTo(PublishedTrack track) => Interlocked.CompareExchange(ref _track, track, null) is null;

    /// <summary>Any thread: the subscriber's decoder needs a key frame. Nothing for audio.</summary>
    internal void RequestKeyFrame()
    {
        if (Track is { } track && track.Codec.Kind() == TrackKind.Video)
        {
            track.Layers[Layers.KeyFrameLayer].RequestKeyFrame();
        }
    }

    /// <summary>[publisher's loop] Rewrites a packet into the subscriber's numbering, protects and queues it.</summary>
    /// <param name="layer">The layer of its track that it belongs to.</param>
    /// <param name="packet">Decrypted, with a payload.</param>
    /// <param name="payload">What could be read of it; of a video track.</param>
    /// <param name="sequence">Its number in its source's numbering, extended and without gaps of our making.</param>
    /// <param name="audioLevel">The audio-level octet, if it carried one.</param>
    internal ForwardResult Forward(
        PublishedLayer layer, in RtpPacketView packet, in VideoPayload payload, long sequence, byte? audioLevel, long nowMs, IPacketSink sink)
    {
        SrtpOutbound? keys = _receiver.Outbound;
        TransportPath? path = _receiver.Path;
        if (keys is null || path is null)
        {
            return ForwardResult.NotConnected;
        }

        bool isVideo = _track!.Codec.Kind() == TrackKind.Video;
        InboundStream source = layer.Source!;
        bool isSwitch = source != _source;
        if (isVideo && !TrySelect(layer, payload, nowMs, ref isSwitch, out ForwardResult refusal))
        {
            return refusal;
        }

        bool isTalkspurt = _started && isSwitch && !isVideo;
        if (isSwitch)
        {
            SwitchTo(source, packet, payload, sequence, nowMs);
        }

        if (payload.IsVp8 && IsLeftOut(payload.Vp8, sequence))
        {
            return ForwardResult.LeftOut;
        }

        if (!TryNumber(sequence, out long outSequence))
        {
            return ForwardResult.Late;
        }

        // The marker of audio begins a talkspurt (RFC 3551, section 4.1); that of video ends a frame.
        uint timestamp = packet.Timestamp + _timestampOffset;
        var header = new OutboundRtpHeader(
            Ssrc,
            _payloadType,
            packet.HasMarker || isTalkspurt,
            (ushort)outSequence,
            timestamp,
            _extensionIds,
            audioLevel,
            _extensionIds.TransportCc == 0 ? (ushort)0 : _receiver.NextTransportSequenceNumber());

        Span<byte> buffer = sink.Reserve();
        int length = RtpWriter.Rewrite(packet, buffer, header);
        if (payload.IsVp8)
        {
            _vp8.Rewrite(payload.Vp8, buffer[(length - packet.Payload.Length)..length]);
        }

        length = keys.Protect(buffer, length, (uint)(outSequence >> 16));
        if (length == 0)
        {
            return ForwardResult.NotProtected;
        }

        sink.Commit(length, path);
        if (_extensionIds.TransportCc != 0)
        {
            _receiver.Feedback.OnSent(header.TransportSequenceNumber, length, Kind, nowMs);
        }

        Count(outSequence, timestamp, packet.Payload.Length, nowMs);
        return ForwardResult.Sent;
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

    private void Count(long sequence, uint timestamp, int octets, long nowMs)
    {
        _packetCount++;
        _octetCount += (uint)octets;

        // A late packet keeps its own number but must not move the high-water mark back.
        if (sequence >= _highestSequence)
        {
            (_highestSequence, _lastTimestamp, _lastSentMs) = (sequence, timestamp, nowMs);
        }
    }

    private bool TrySelect(PublishedLayer layer, in VideoPayload payload, long nowMs, ref bool isSwitch, out ForwardResult refusal)
    {
        LayerDecision decision = Layers.Decide(_track!, layer.Index, payload, nowMs);
        refusal = decision == LayerDecision.AwaitingKeyFrame ? ForwardResult.AwaitingKeyFrame : ForwardResult.OtherLayer;
        isSwitch |= decision == LayerDecision.Switch;
        return decision is LayerDecision.Forward or LayerDecision.Switch;
    }

    // A late packet of a picture that is left out keeps its number: what came after it is on its way already.
    private bool IsLeftOut(in Vp8PayloadDescriptor picture, long sequence)
    {
        if (!_vp8.IsLeftOut(picture, Layers.Current.TemporalLayer))
        {
            return false;
        }

        if (_gaps.IsNew(sequence))
        {
            _gaps.Advance(sequence, skip: true);
        }

        return true;
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
    private void SwitchTo(InboundStream source, in RtpPacketView packet, in VideoPayload payload, long sequence, long nowMs)
    {
        if (_started)
        {
            if (source != _source)
            {
                _timestampOffset = _lastTimestamp + (uint)TicksSinceLast(source, packet.Timestamp, nowMs) - packet.Timestamp;
            }

            ContinueAt(_highestSequence + 1, sequence);
        }
        else
        {
            // Starting in the lower half keeps a wrap out of the first packets, whose loss would leave the receiver
            // with a wrong rollover counter for good (RFC 3711, section 3.3.1).
            _started = true;
            ContinueAt(sequence & 0x7FFF, sequence);
            _highestSequence = _lowestSequence;
            _nextReportMs = nowMs + FirstReportDelayMs;
        }

        _source = source;
        if (payload.IsVp8)
        {
            _vp8.SwitchTo(payload.Vp8);
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
