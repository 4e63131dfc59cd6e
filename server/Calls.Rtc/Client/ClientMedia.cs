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

    // A browser that only receives reports under this SSRC (media.md 4.8).
    private const uint ReporterSsrc = 1;

    // From 1900-01-01 to 1970-01-01 (RFC 5905, appendix A.4).
    private const long SecondsBeforeUnixEpoch = 2_208_988_800;

    private readonly long _ntpOffsetMs = utcNow.ToUnixTimeMilliseconds() + (SecondsBeforeUnixEpoch * 1000) - startMs;
    private readonly byte[] _packet = new byte[PacketBuffer.Capacity];
    private readonly List<SentTrack> _sent = [];
    private readonly Dictionary<uint, ReceivedStream> _streams = [];
    private SrtpOutbound? _outbound;
    private SrtpInbound? _inbound;
    private SrtcpIndex _reporterIndex;
    private ushort _transportSequence;
    private long? _nextReportMs;

    public IReadOnlyCollection<ReceivedStream> Streams => _streams.Values;

    public IReadOnlyList<SentTrack> Sent => _sent;

    /// <summary>Packets that did not authenticate, came twice, or belong to no negotiated stream.</summary>
    public long Dropped { get; private set; }

    public long? DeadlineMs => _nextReportMs;

    public void SetKeys(SrtpOutbound outbound, SrtpInbound inbound, long nowMs)
    {
        (_outbound, _inbound) = (outbound, inbound);
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
            stream.AudioLevelId = receiving.First(section => section.Mid == track.Mid).Extensions.AudioLevel;
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
        int length = RtpWriter.Write(_packet, header, payload);
        length = keys.Protect(_packet, length, rolloverCounter);
        track.OnSent(payload.Length, timestamp, nowMs);
        output.SendMedia(_packet.AsSpan(0, length));
        return true;
    }

    public void ReceiveRtp(Span<byte> datagram, long nowMs)
    {
        if (datagram.Length < RtpPacketView.FixedHeaderLength
            || !_streams.TryGetValue(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(datagram[8..]), out ReceivedStream? stream)
            || _inbound is not { } keys
            || keys.TryUnprotect(datagram, out int length) != SrtpResult.Ok
            || !RtpPacketView.TryParse(datagram[..length], out RtpPacketView packet))
        {
            Dropped++;
            return;
        }

        stream.OnPacket(packet, nowMs);
        byte? level = packet.TryGetExtension(stream.AudioLevelId, out ReadOnlySpan<byte> data) && data.Length > 0
            ? (byte)(data[0] & 0x7F)
            : null;
        output.OnPacket(
            stream,
            new(packet.Ssrc, packet.PayloadType, packet.HasMarker, packet.SequenceNumber, packet.Timestamp, level, packet.Payload),
            nowMs);
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
                SendRtcp(SenderReport.Write(_packet, track.Ssrc, ToNtp(nowMs), timestamp, (uint)track.Packets, (uint)track.Bytes), index);
            }
        }

        SendReceiverReport(nowMs);
    }

    /// <summary>Protects and sends a packet of any form; its caller counts. For tests of what a client should not do.</summary>
    internal void SendRaw(ReadOnlySpan<byte> plain, uint rolloverCounter)
    {
        plain.CopyTo(_packet);
        int length = _outbound!.Protect(_packet, plain.Length, rolloverCounter);
        output.SendMedia(_packet.AsSpan(0, length));
    }

    /// <inheritdoc cref="SendRaw"/>
    internal void SendRawRtcp(ReadOnlySpan<byte> plain, uint index)
    {
        plain.CopyTo(_packet);
        int length = _outbound!.ProtectRtcp(_packet, plain.Length, index);
        output.SendMedia(_packet.AsSpan(0, length));
    }

    public void Dispose()
    {
        _outbound?.Dispose();
        _inbound?.Dispose();
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

        if (count > 0 && _reporterIndex.TryNext(out uint index))
        {
            SendRtcp(ReceiverReport.Write(_packet, ReporterSsrc, blocks[..count]), index);
        }
    }

    private void SendRtcp(int length, uint index)
    {
        length = _outbound!.ProtectRtcp(_packet, length, index);
        if (length > 0)
        {
            output.SendMedia(_packet.AsSpan(0, length));
        }
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
