using System.Buffers.Binary;
using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Client;

/// <summary>The media of a client: SRTP both ways, numbering, counters, sender and receiver reports.</summary>
/// <remarks>Not thread-safe. Sending and receiving allocate nothing once a stream is known.</remarks>
internal sealed class ClientMedia(DateTimeOffset utcNow, long startMs, IClientMediaOutput output) : IDisposable
{
    public const long ReportIntervalMs = 1_000;

    // From 1900-01-01 to 1970-01-01 (RFC 5905, appendix A.4).
    private const long SecondsBeforeUnixEpoch = 2_208_988_800;

    private readonly long _ntpOffsetMs = utcNow.ToUnixTimeMilliseconds() + (SecondsBeforeUnixEpoch * 1000) - startMs;
    private readonly byte[] _packet = new byte[PacketBuffer.Capacity];
    private readonly List<SentTrack> _sent = [];
    private readonly Dictionary<uint, ReceivedStream> _streams = [];
    private readonly Dictionary<uint, (ReceivedStream Stream, IReadOnlyList<NegotiatedCodec> Codecs)> _repairs = [];
    private readonly List<ReceivedStream> _video = [];
    private readonly ClientRtcp _rtcp = new(output);
    private readonly byte[] _red = new byte[PacketBuffer.Capacity];
    private ClientRepair? _repair;
    private byte _transportCcId;
    private SrtpOutbound? _outbound;
    private SrtpInbound? _inbound;
    private ushort _transportSequence;
    private long? _nextReportMs;

    public IReadOnlyCollection<ReceivedStream> Streams => _streams.Values;

    public IReadOnlyList<SentTrack> Sent => _sent;

    /// <summary>Packets that did not authenticate, came twice, or belong to no negotiated stream.</summary>
    public long Dropped { get; private set; }

    public long? DeadlineMs => _nextReportMs is { } report ? Math.Min(report, Repair.NextDueMs(_video)) : null;

    /// <summary>As measured on the data channel.</summary>
    public long RoundTripMs
    {
        set => Repair.RoundTripMs = value;
    }

    private ClientRepair Repair => _repair ??= new(_rtcp);

    public void SetKeys(SrtpOutbound outbound, SrtpInbound inbound, long nowMs)
    {
        (_outbound, _inbound, _rtcp.Keys) = (outbound, inbound, outbound);
        _nextReportMs = nowMs + ReportIntervalMs;
    }

    public void Add(SentTrack track) => _sent.Add(track);

    public void Remove(SentTrack track) => _sent.Remove(track);

    /// <summary>Follows what was negotiated.</summary>
    public void Apply(IReadOnlyList<SendingSection> sending, IReadOnlyList<ReceivingSection> receiving, IReadOnlyList<RemoteTrack> tracks)
    {
        foreach (SentTrack track in _sent)
        {
            track.Apply(sending.FirstOrDefault(section => section.Track.TrackId == track.Track.TrackId));
        }

        _repairs.Clear();
        _video.Clear();
        foreach (uint gone in _streams.Keys.Where(ssrc => !tracks.Any(track => track.Ssrc == ssrc)).ToArray())
        {
            _streams.Remove(gone);
            _inbound?.Forget(gone);
        }

        foreach (RemoteTrack track in tracks)
        {
            if (!_streams.TryGetValue(track.Ssrc, out ReceivedStream? stream))
            {
                stream = _streams[track.Ssrc] = new(track.Ssrc, track.Kind == MediaKind.Audio ? 48_000u : 90_000u);
            }

            stream.Track = track;
            Follow(stream, receiving.First(section => section.Mid == track.Mid));
            if (track.Kind == MediaKind.Video)
            {
                _video.Add(stream);
            }
        }
    }

    /// <summary>Sends a packet. <c>false</c>: not connected, not negotiated, or longer than a datagram.</summary>
    public bool Send(SentTrack track, ReadOnlySpan<byte> payload, uint timestamp, bool hasMarker, byte? audioLevel, long nowMs)
    {
        if (_outbound is not { } keys
            || track.Section is null
            || payload.Length > PacketBuffer.MaxDatagram - RtpWriter.MaxHeaderLength - keys.RtpOverhead
            || !track.TryNumber(out ushort sequenceNumber, out uint rolloverCounter))
        {
            return false;
        }

        var header = new OutboundRtpHeader(
            track.Ssrc, track.PayloadType, hasMarker, sequenceNumber, timestamp, track.ExtensionIds, audioLevel, _transportSequence++);
        ReadOnlySpan<byte> sent = payload;
        if (track.RedPayloadType is { } redPayloadType && payload.Length <= RedPayload.MaxBlockLength)
        {
            header = header with { PayloadType = redPayloadType };
            sent = _red.AsSpan(0, track.WriteRed(_red, payload, timestamp));
        }

        int length = track.Rid.Length > 0 && track.Packets < LayerNames.NamedPackets
            ? LayerNames.Write(_packet, header, track.Section.Extensions, track.Section.Mid, track.Rid, sent)
            : 0;
        length = length > 0 ? length : RtpWriter.Write(_packet, header, sent);
        track.History?.Keep(((long)rolloverCounter << 16) | sequenceNumber, _packet.AsSpan(0, length), sent);
        length = keys.Protect(_packet, length, rolloverCounter);
        track.OnSent(payload.Length, timestamp, nowMs);
        output.SendMedia(_packet.AsSpan(0, length));
        return true;
    }

    public void ReceiveRtp(Span<byte> datagram, long nowMs)
    {
        uint ssrc = datagram.Length < RtpPacketView.FixedHeaderLength ? 0 : BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]);
        bool isRepair = _repairs.TryGetValue(ssrc, out (ReceivedStream Stream, IReadOnlyList<NegotiatedCodec> Codecs) repair);
        ReceivedStream? stream = isRepair ? repair.Stream : _streams.GetValueOrDefault(ssrc);
        if (stream is null
            || _inbound is not { } keys
            || keys.TryUnprotect(datagram, out int length) != SrtpResult.Ok
            || !RtpPacketView.TryParse(datagram[..length], out RtpPacketView packet))
        {
            Dropped++;
            return;
        }

        if (packet.TryGetExtension(_transportCcId, out ReadOnlySpan<byte> number) && number.Length >= 2)
        {
            Repair.OnTransportCc(BinaryPrimitives.ReadUInt16BigEndian(number), ssrc, nowMs);
        }

        if (isRepair && !TryUnwrap(datagram[..length], stream.Ssrc, repair.Codecs, ref packet))
        {
            Dropped++;
            return;
        }

        Receive(stream, packet, isRepair, nowMs);
    }

    /// <summary>The decoder needs a key frame. At most one request per <see cref="ClientRepair.KeyFrameRequestIntervalMs"/> leaves.</summary>
    public void RequestKeyFrame(ReceivedStream stream, long nowMs)
    {
        if (_outbound is not null)
        {
            stream.WantKeyFrame(nowMs, ClientRepair.KeyFrameRequestIntervalMs);
            Repair.RequestMissing(stream, nowMs);
        }
    }

    public void ReceiveRtcp(Span<byte> datagram, long nowMs)
    {
        if (_inbound is not { } keys || keys.TryUnprotectRtcp(datagram, out int length) != SrtpResult.Ok)
        {
            Dropped++;
            return;
        }

        var reader = new RtcpReader(datagram[..length]);
        while (reader.MoveNext())
        {
            Apply(reader.Current, nowMs);
        }
    }

    public void HandleDeadline(long nowMs)
    {
        Repair.HandleDeadline(_video, nowMs);
        if (nowMs < _nextReportMs)
        {
            return;
        }

        _nextReportMs = nowMs + ReportIntervalMs;
        foreach (SentTrack track in _sent)
        {
            if (track.Packets > 0 && track.Section is not null && track.TryNumberReport(out uint index))
            {
                uint timestamp = track.LastTimestamp + (uint)((nowMs - track.LastSentMs) * track.ClockRate / 1000);
                _rtcp.SendWith(SenderReport.Write(_rtcp.Buffer, track.Ssrc, ToNtp(nowMs), timestamp, (uint)track.Packets, (uint)track.Bytes), index);
            }
        }

        SendReceiverReport(nowMs);
    }

    public void Dispose()
    {
        _outbound?.Dispose();
        _inbound?.Dispose();
    }

    private void Follow(ReceivedStream stream, ReceivingSection section)
    {
        stream.AudioLevelId = section.Extensions.AudioLevel;
        _transportCcId = section.Extensions.TransportCc == 0 ? _transportCcId : section.Extensions.TransportCc;
        foreach (NegotiatedCodec codec in section.Codecs)
        {
            stream.RedPayloadType = codec.RedPayloadType ?? stream.RedPayloadType;
            if (section.Kind == MediaKind.Video && codec.Feedback.HasFlag(RtcpFeedback.Nack))
            {
                stream.Nacks ??= new NackGenerator();
            }
        }

        if (section.RtxSsrcs.Count > 0 && section.RtxSsrcs[0] != 0)
        {
            _repairs[section.RtxSsrcs[0]] = (stream, section.Codecs);
        }
    }

    private static bool TryUnwrap(Span<byte> plain, uint ssrc, IReadOnlyList<NegotiatedCodec> codecs, ref RtpPacketView packet)
    {
        for (int i = 0; i < codecs.Count; i++)
        {
            if (codecs[i].RtxPayloadType == packet.PayloadType)
            {
                return RtxPacket.TryUnwrap(plain, ssrc, codecs[i].PayloadType, out packet);
            }
        }

        return false;
    }

    private void Receive(ReceivedStream stream, in RtpPacketView packet, bool isRepair, long nowMs)
    {
        if (packet.PayloadType == stream.RedPayloadType)
        {
            ReceiveRed(stream, packet, nowMs);
            return;
        }

        if (!stream.TryAccept(packet.SequenceNumber, isRepair, nowMs))
        {
            Dropped++;
            return;
        }

        if (!isRepair)
        {
            stream.OnPacket(packet, nowMs);
        }

        Deliver(stream, packet, packet.SequenceNumber, packet.Timestamp, packet.Payload, nowMs);
        Repair.RequestMissing(stream, nowMs);
    }

    private void ReceiveRed(ReceivedStream stream, in RtpPacketView packet, long nowMs)
    {
        if (!RedPayload.TryParse(packet.Payload, out RedPayload red))
        {
            Dropped++;
            return;
        }

        bool isNew = stream.TryAccept(packet.SequenceNumber, isRepair: false, nowMs);
        for (int i = 0; i < red.RedundantCount; i++)
        {
            ReadOnlySpan<byte> block = red.Redundant(i, out _, out int age);
            ushort number = (ushort)(packet.SequenceNumber - red.RedundantCount + i);
            if (stream.Packets > 0 && stream.TryAccept(number, isRepair: true, nowMs))
            {
                Deliver(stream, packet, number, packet.Timestamp - (uint)age, block, nowMs);
            }
        }

        if (isNew)
        {
            stream.OnPacket(packet, nowMs);
            Deliver(stream, packet, packet.SequenceNumber, packet.Timestamp, red.Primary, nowMs);
        }
    }

    private void Deliver(ReceivedStream stream, in RtpPacketView packet, ushort number, uint timestamp, ReadOnlySpan<byte> payload, long nowMs)
    {
        byte? level = packet.TryGetExtension(stream.AudioLevelId, out ReadOnlySpan<byte> data) && data.Length > 0
            ? (byte)(data[0] & 0x7F)
            : null;
        output.OnPacket(stream, new(packet.Ssrc, packet.PayloadType, packet.HasMarker, number, timestamp, level, payload), nowMs);
    }

    private void Answer(SentTrack track, SentHistory history, in Nack nack)
    {
        for (int i = 0; i < nack.ItemCount; i++)
        {
            nack.GetItem(i, out ushort number, out ushort following);
            for (uint bits = ((uint)following << 1) | 1; bits != 0; bits >>= 1, number++)
            {
                if ((bits & 1) == 0 || _outbound is not { } keys)
                {
                    continue;
                }

                int length = history.Write(_packet, track.Extend(number), keys, track.ExtensionIds, ref _transportSequence);
                if (length > 0)
                {
                    output.SendMedia(_packet.AsSpan(0, length));
                }
            }
        }
    }

    private void Apply(RtcpPacketView packet, long nowMs)
    {
        if (SenderReport.TryParse(packet, out SenderReport senderReport))
        {
            if (_streams.TryGetValue(senderReport.Ssrc, out ReceivedStream? stream))
            {
                stream.OnSenderReport(senderReport, nowMs);
            }
        }
        else if (ReceiverReport.TryParse(packet, out ReceiverReport receiverReport))
        {
            for (int i = 0; i < receiverReport.Reports.Count; i++)
            {
                ReportBlock block = receiverReport.Reports[i];
                if (Find(block.Ssrc) is { } track)
                {
                    track.ReportedLost = block.CumulativeLost;
                    track.ReceiverReports++;
                }
            }
        }
        else if (Nack.TryParse(packet, out Nack nack) && Find(nack.MediaSsrc) is { History: { } history } asked)
        {
            Answer(asked, history, nack);
        }
        else if (PictureLossIndication.TryParse(packet, out PictureLossIndication indication) && Find(indication.MediaSsrc) is { } video)
        {
            output.OnKeyFrameRequested(video);
        }
    }

    private void SendReceiverReport(long nowMs)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[ReceiverReport.MaxReports];
        int count = 0;
        foreach (ReceivedStream stream in _streams.Values)
        {
            if (stream.HasNews && count < blocks.Length)
            {
                blocks[count++] = stream.TakeReport(nowMs);
            }
        }

        _rtcp.SendReceiverReport(blocks[..count]);
    }

    private SentTrack? Find(uint ssrc)
    {
        foreach (SentTrack track in _sent)
        {
            if (track.Ssrc == ssrc)
            {
                return track;
            }
        }

        return null;
    }

    private ulong ToNtp(long nowMs)
    {
        ulong ms = (ulong)(nowMs + _ntpOffsetMs);
        return ((ms / 1000) << 32) | (((ms % 1000) << 32) / 1000);
    }
}
