using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Feedback;
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
    private uint _sourceSsrc;
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

    internal bool TryBindTo(PublishedTrack track) => Interlocked.CompareExchange(ref _track, track, null) is null;

    /// <summary>[publisher's loop] Rewrites a packet into the subscriber's numbering, protects and queues it.</summary>
    /// <param name="packet">Decrypted, with a payload.</param>
    /// <param name="red">Its payload, if that is Opus which repeats itself.</param>
    /// <param name="kept">Where its payload is kept for retransmission.</param>
    /// <param name="sequence">Its number in its source's numbering, extended and without gaps of our making.</param>
    /// <param name="audioLevel">The audio-level octet, if it carried one.</param>
    internal ForwardResult Forward(
        in RtpPacketView packet, in RedPayload red, in KeptPayload kept, long sequence, byte? audioLevel, long nowMs, IPacketSink sink)
    {
        SrtpOutbound? keys = _receiver.Outbound;
        TransportPath? path = _receiver.Path;
        if (keys is null || path is null)
        {
            return ForwardResult.NotConnected;
        }

        bool isSwitch = _started && packet.Ssrc != _sourceSsrc;
        if (!_started || isSwitch)
        {
            SwitchTo(packet, sequence, nowMs);
        }

        long outSequence = sequence + _sequenceOffset;
        if (outSequence - _highestSequence > MaxSequenceStep)
        {
            ContinueAt(_highestSequence + 1, sequence);
            outSequence = _lowestSequence;
        }

        if (outSequence < _lowestSequence)
        {
            return ForwardResult.Late;
        }

        // The marker of audio begins a talkspurt (RFC 3551, section 4.1); that of video ends a frame.
        bool isTalkspurt = isSwitch && _track!.Codec.Kind() == TrackKind.Audio;
        uint timestamp = packet.Timestamp + _timestampOffset;
        byte? redPayloadType = red.IsEmpty ? null : _format.RedPayloadType;
        var header = new OutboundRtpHeader(
            Ssrc,
            redPayloadType ?? _format.PayloadType,
            packet.HasMarker || isTalkspurt,
            (ushort)outSequence,
            timestamp,
            _format.ExtensionIds,
            audioLevel,
            _format.ExtensionIds.TransportCc == 0 ? (ushort)0 : _receiver.NextTransportSequenceNumber());

        Span<byte> buffer = sink.Reserve();
        ReadOnlySpan<byte> payload = red.IsEmpty || redPayloadType is not null ? packet.Payload : red.Primary;
        int length = RtpWriter.Rewrite(packet, payload, buffer, header);
        if (redPayloadType is not null)
        {
            red.SetPayloadTypes(buffer[(length - payload.Length)..length], _format.PayloadType);
        }

        _retransmitter?.Keep(outSequence, buffer[..length], payload.Length, kept, packet.Payload.Length);
        length = keys.Protect(buffer, length, (uint)(outSequence >> 16));
        if (length == 0)
        {
            return ForwardResult.NotProtected;
        }

        sink.Commit(length, path);
        if (_format.ExtensionIds.TransportCc != 0)
        {
            _receiver.Feedback.OnSent(header.TransportSequenceNumber, length, Kind, nowMs);
        }

        Count(outSequence, timestamp, payload.Length, nowMs);
        return ForwardResult.Sent;
    }

    /// <summary>[publisher's loop] The next packet begins anew after what was sent last, also if it is of the same source.</summary>
    internal void Interrupt() => _sourceSsrc = 0;

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
            (int packets, int octets) = _retransmitter.Answer(_highestSequence, Remote.RoundTripMs, nowMs, sink);

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

    // The subscriber sees one source (RFC 3550, section 5.1), so a new publisher's stream continues the old numbering:
    // the next sequence number, and a timestamp advanced by the wall-clock gap.
    private void SwitchTo(in RtpPacketView packet, long sequence, long nowMs)
    {
        _sourceSsrc = packet.Ssrc;
        if (_started)
        {
            long gap = Math.Max(1, (nowMs - _lastSentMs) * _track!.Codec.ClockRate() / 1000);
            _timestampOffset = _lastTimestamp + (uint)gap - packet.Timestamp;
            ContinueAt(_highestSequence + 1, sequence);
            return;
        }

        // Starting in the lower half keeps a wrap out of the first packets, whose loss would leave the receiver
        // with a wrong rollover counter for good (RFC 3711, section 3.3.1).
        _started = true;
        ContinueAt(sequence & 0x7FFF, sequence);
        _highestSequence = _lowestSequence;
        _nextReportMs = nowMs + FirstReportDelayMs;
    }

    // Numbers before the new start may be taken: reusing one with another payload would reuse a GCM nonce (media.md 9.6).
    private void ContinueAt(long outSequence, long sequence)
    {
        _sequenceOffset = outSequence - sequence;
        _lowestSequence = outSequence;
    }

    // Within the first second (media.md 4.11), and spread so that reports do not leave in bursts.
    private long FirstReportDelayMs => 100 + (Ssrc % 700);
}
