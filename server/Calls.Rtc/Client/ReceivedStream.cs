using Calls.Rtc.Rtcp;
using Calls.Rtc.Rtp;

namespace Calls.Rtc.Client;

/// <summary>What was received on one SSRC (RFC 3550 appendix A.3 and A.8).</summary>
public sealed class ReceivedStream
{
    private readonly uint _clockRate;
    private long _firstIndex;
    private long _highestIndex;
    private long _expectedBefore;
    private long _packetsBefore;
    private long _lastTransit;
    private long _scaledJitter;
    private ReceivedNumbers _numbers;
    private RepairRoundTrip _roundTrip;
    private long _lastKeyFrameRequestMs = long.MinValue;
    private uint _lastSenderReport;
    private long _lastSenderReportMs;

    internal ReceivedStream(uint ssrc, uint clockRate)
    {
        Ssrc = ssrc;
        _clockRate = clockRate;
    }

    public uint Ssrc { get; }

    /// <summary>The section and track that the packets belong to at present.</summary>
    public RemoteTrack? Track { get; internal set; }

    public long Packets { get; private set; }

    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Lost packets that were asked for; each request counts.</summary>
    public long Requested { get; internal set; }

    /// <summary>Lost packets that came when they were asked for, or repeated inside a later one.</summary>
    public long Recovered { get; private set; }

    /// <summary>Lost packets that were asked for in vain.</summary>
    public long GivenUp => Nacks?.GivenUp ?? 0;

    /// <summary>Packets that should have come between the first and the newest one.</summary>
    public long Expected => Packets == 0 ? 0 : _highestIndex - _firstIndex + 1;

    /// <summary>When the first packet came, on the clock of the client's calls.</summary>
    public long FirstPacketMs { get; private set; }

    public long LastPacketMs { get; private set; }

    /// <summary>Sender reports for this SSRC.</summary>
    public long SenderReports { get; private set; }

    /// <summary>Packets sent on this SSRC, as the last sender report says.</summary>
    public uint ReportedPackets { get; private set; }

    internal byte AudioLevelId { get; set; }

    /// <summary>Payload type of Opus that repeats itself (RFC 2198); <c>null</c> if not negotiated.</summary>
    internal byte? RedPayloadType { get; set; }

    /// <summary>What is missing; <c>null</c> if the server is never asked to send again.</summary>
    internal NackGenerator? Nacks { get; set; }

    /// <summary>From a request to its answer; 0 before the first one.</summary>
    internal long RepairRoundTripMs => _roundTrip.Ms;

    /// <summary>When a key frame is to be asked for; <see cref="long.MaxValue"/>: not.</summary>
    internal long KeyFrameRequestMs { get; private set; } = long.MaxValue;

    internal bool HasNews => Packets != _packetsBefore;

    /// <summary>Notes a packet for what is missing; <c>false</c> if it has come before.</summary>
    /// <param name="isRepair">It came by way of another one.</param>
    internal bool TryAccept(ushort number, bool isRepair, long nowMs)
    {
        long index = _numbers.Extend(number);
        int requests = 0;
        if (Nacks is { } nacks)
        {
            if (nacks.HasSeen(index))
            {
                return false;
            }

            requests = nacks.OnPacket(index, nowMs, out long sinceFirstMs);
            if (requests > 0)
            {
                _roundTrip.OnRepair(requests, sinceFirstMs);
            }

            _numbers.TryAccept(index);
        }
        else if (!_numbers.TryAccept(index))
        {
            return false;
        }

        Recovered += isRepair || requests > 0 ? 1 : 0;
        return true;
    }

    /// <summary>The picture is broken until the next key frame.</summary>
    internal void WantKeyFrame(long nowMs, long intervalMs) =>
        KeyFrameRequestMs = _lastKeyFrameRequestMs == long.MinValue ? nowMs : Math.Max(nowMs, _lastKeyFrameRequestMs + intervalMs);

    internal void OnKeyFrameRequested(long nowMs) => (KeyFrameRequestMs, _lastKeyFrameRequestMs) = (long.MaxValue, nowMs);

    internal void OnPacket(in RtpPacketView packet, long nowMs)
    {
        if (Packets == 0)
        {
            _firstIndex = _highestIndex = packet.SequenceNumber;
            _lastTransit = Transit(packet.Timestamp, nowMs);
            FirstPacketMs = nowMs;
        }

        long index = SequenceNumber.Extend(packet.SequenceNumber, _highestIndex);
        _firstIndex = Math.Min(_firstIndex, index);
        _highestIndex = Math.Max(_highestIndex, index);
        Packets++;
        Bytes += packet.Payload.Length;
        LastPacketMs = nowMs;

        long transit = Transit(packet.Timestamp, nowMs);
        long step = Math.Abs((long)(int)(uint)(transit - _lastTransit));
        _lastTransit = transit;
        _scaledJitter += step - ((_scaledJitter + 8) >> 4);
    }

    internal void OnSenderReport(in SenderReport report, long nowMs)
    {
        SenderReports++;
        ReportedPackets = report.PacketCount;
        _lastSenderReport = (uint)(report.NtpTimestamp >> 16);
        _lastSenderReportMs = nowMs;
    }

    /// <summary>Makes a report block and starts the next interval.</summary>
    internal ReportBlock TakeReport(long nowMs)
    {
        long expectedNow = Expected - _expectedBefore;
        long lostNow = expectedNow - (Packets - _packetsBefore);
        byte fraction = expectedNow <= 0 || lostNow <= 0 ? (byte)0 : (byte)Math.Min(255, (lostNow << 8) / expectedNow);
        _expectedBefore = Expected;
        _packetsBefore = Packets;
        uint delay = SenderReports == 0 ? 0 : (uint)((nowMs - _lastSenderReportMs) * 65_536 / 1000);
        int lost = (int)Math.Clamp(Expected - Packets, ReportBlock.MinCumulativeLost, ReportBlock.MaxCumulativeLost);
        return new(Ssrc, fraction, lost, (uint)_highestIndex, (uint)(_scaledJitter >> 4), _lastSenderReport, delay);
    }

    private long Transit(uint timestamp, long nowMs) => (nowMs * _clockRate / 1000) - timestamp;
}
