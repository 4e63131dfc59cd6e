using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Rtc.Sfu;

/// <summary>What a client is told about the packets it sends: receiver reports and transport-wide feedback (media.md 4.8).</summary>
/// <remarks>Owned by the participant's loop.</remarks>
internal sealed class InboundReports(LossCounters counters)
{
    public const long ReceiverReportIntervalMs = 1000;
    public const long FeedbackIntervalMs = 100;

    private TransportCcRecorder? _transportCc;
    private uint _lastMediaSsrc;
    private long _nextReceiverReportMs;
    private long _nextFeedbackMs;

    /// <summary>Feedback is wanted from now on.</summary>
    public void EnableTransportCc() => _transportCc ??= new TransportCcRecorder();

    public void OnTransportCc(ushort sequenceNumber, uint ssrc, long nowMs)
    {
        _lastMediaSsrc = ssrc;
        _transportCc?.OnPacket(sequenceNumber, nowMs);
    }

    /// <summary>Writes feedback if it is due; 0 if not.</summary>
    public int WriteFeedback(Span<byte> destination, uint senderSsrc, long nowMs)
    {
        if (_transportCc is null || nowMs < _nextFeedbackMs)
        {
            return 0;
        }

        _nextFeedbackMs = nowMs + FeedbackIntervalMs;
        return _transportCc.WriteFeedback(destination, senderSsrc, _lastMediaSsrc);
    }

    /// <summary>Writes a report on the streams heard since the last one, if it is due; 0 if not.</summary>
    public int WriteReceiverReport(Span<byte> destination, uint senderSsrc, ReadOnlySpan<InboundStream> streams, long nowMs)
    {
        if (nowMs < _nextReceiverReportMs)
        {
            return 0;
        }

        _nextReceiverReportMs = nowMs + ReceiverReportIntervalMs;
        Span<ReportBlock> blocks = stackalloc ReportBlock[ReceiverReport.MaxReports];
        int count = 0;
        foreach (InboundStream stream in streams)
        {
            if (stream.Reception.HasNews && count < blocks.Length)
            {
                blocks[count] = stream.Reception.TakeReport(stream.Ssrc, nowMs);
                counters.Uplink.Observe(blocks[count++], stream.Codec.ClockRate());
            }
        }

        return count == 0 ? 0 : ReceiverReport.Write(destination, senderSsrc, blocks[..count]);
    }
}
