using Calls.Rtc.Rtcp;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>What was sent on one SSRC, and the sender reports that say so (media.md 4.5).</summary>
/// <remarks>Owned by the publisher's loop, the only writer of this SSRC's SRTCP index.</remarks>
internal sealed class SenderReporting(uint ssrc)
{
    /// <summary>Time between sender reports.</summary>
    public const long IntervalMs = 1000;

    private uint _packets;
    private uint _octets;
    private SrtcpIndex _rtcpIndex;
    private long? _nextMs;
    private uint _reportedPackets;
    private bool _wasIdleReported;

    /// <summary>Packets sent, modulo 2^32. Any thread.</summary>
    public uint Packets => Volatile.Read(ref _packets);

    /// <summary>Counts what was sent, repetitions on this SSRC included.</summary>
    public void Add(uint packets, uint octets, long nowMs)
    {
        _packets += packets;
        _octets += octets;
        _nextMs ??= nowMs + FirstReportDelayMs;
    }

    /// <summary>Sends a report if one is due.</summary>
    /// <param name="lastTimestamp">Of the newest packet, and when it was sent.</param>
    public void Write(MediaParticipant receiver, NtpClock clock, uint clockRate, uint lastTimestamp, long lastMs, long nowMs, IPacketSink sink)
    {
        if (_nextMs is not { } nextMs || nowMs < nextMs)
        {
            return;
        }

        // Keeps its phase, without making up for seconds in which nobody asked.
        _nextMs = nextMs + (IntervalMs * (1 + ((nowMs - nextMs) / IntervalMs)));

        // A source that has been silent since the report before last is no sender any more (RFC 3550, section 6.4).
        bool isIdle = _packets == _reportedPackets;
        if ((isIdle && _wasIdleReported)
            || receiver.Outbound is not { } keys || receiver.Path is not { } path || !_rtcpIndex.TryNext(out uint index))
        {
            return;
        }

        _wasIdleReported = isIdle;
        _reportedPackets = _packets;
        uint timestamp = lastTimestamp + (uint)((nowMs - lastMs) * clockRate / 1000);
        Span<byte> buffer = sink.Reserve();
        int length = SenderReport.Write(buffer, ssrc, clock.ToNtp(nowMs), timestamp, _packets, _octets);
        length = keys.ProtectRtcp(buffer, length, index);
        if (length > 0)
        {
            sink.Commit(length, path);
        }
    }

    // Within the first second (media.md 4.11), and spread so that reports do not leave in bursts.
    private long FirstReportDelayMs => 100 + (ssrc % 700);
}
