using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Feedback;
using Calls.Rtc.Sfu.Statistics;

namespace Calls.Rtc.Sfu;

/// <summary>Applies what a client's RTCP says about the streams it sends and about those sent to it (media.md 4.8).</summary>
/// <remarks>
/// Owned by the participant's loop. What concerns a forwarded stream belongs to another loop: reports are stored for readers,
/// and key-frame requests become a flag that the publisher's loop picks up.
/// </remarks>
internal sealed class InboundRtcp(InboundStreams streams, OutboundStreams outgoing, OutboundFeedback sent, NtpClock clock, LossCounters counters)
{
    /// <summary>Applies a plain datagram packet by packet.</summary>
    /// <remarks>
    /// What does not concern the SFU (SDES, BYE, APP, XR) is skipped. Packets about a stream that we do not know are
    /// ignored one by one.
    /// </remarks>
    /// <returns><c>false</c> if some packet of it does not fit; the others were applied.</returns>
    public bool TryApply(ReadOnlySpan<byte> datagram, long nowMs)
    {
        var reader = new RtcpReader(datagram);
        bool allFit = true;
        while (reader.MoveNext())
        {
            allFit &= TryApply(reader.Current, nowMs);
        }

        return allFit && !reader.IsMalformed;
    }

    private bool TryApply(RtcpPacketView packet, long nowMs)
    {
        switch (packet.Type)
        {
            case RtcpPacketType.SenderReport:
                if (!SenderReport.TryParse(packet, out SenderReport senderReport))
                {
                    return false;
                }

                if (streams.Find(senderReport.Ssrc) is { IsBound: true } stream)
                {
                    stream.Reception.OnSenderReport(senderReport.NtpTimestamp, nowMs);
                    stream.Clock.OnSenderReport(senderReport.NtpTimestamp, senderReport.RtpTimestamp);
                }

                Apply(senderReport.Reports, nowMs);
                return true;

            case RtcpPacketType.ReceiverReport:
                if (!ReceiverReport.TryParse(packet, out ReceiverReport receiverReport))
                {
                    return false;
                }

                Apply(receiverReport.Reports, nowMs);
                return true;

            case RtcpPacketType.TransportFeedback when packet.Count == TransportCcFeedback.Format:
                if (!TransportCcFeedback.TryParse(packet, out TransportCcFeedback feedback))
                {
                    return false;
                }

                sent.Apply(feedback, nowMs);
                return true;

            case RtcpPacketType.TransportFeedback when packet.Count == Nack.Format:
                if (!Nack.TryParse(packet, out Nack nack))
                {
                    return false;
                }

                outgoing.Find(nack.MediaSsrc)?.RequestRetransmission(nack);
                return true;

            case RtcpPacketType.PayloadFeedback when packet.Count == PictureLossIndication.Format:
                if (!PictureLossIndication.TryParse(packet, out PictureLossIndication indication))
                {
                    return false;
                }

                outgoing.Find(indication.MediaSsrc)?.RequestKeyFrame();
                return true;

            case RtcpPacketType.PayloadFeedback when packet.Count == FullIntraRequest.Format:
                if (!FullIntraRequest.TryParse(packet, out FullIntraRequest request))
                {
                    return false;
                }

                for (int i = 0; i < request.Count; i++)
                {
                    outgoing.Find(request.MediaSsrc(i))?.RequestKeyFrame();
                }

                return true;

            case RtcpPacketType.PayloadFeedback when packet.Count == ReceiverEstimatedMaxBitrate.Format:
                if (ReceiverEstimatedMaxBitrate.TryParse(packet, out ReceiverEstimatedMaxBitrate estimate))
                {
                    sent.Observer?.OnReceiverEstimate(estimate.BitsPerSecond, nowMs);
                }

                return true; // there are other kinds of this format

            default:
                return true;
        }
    }

    private void Apply(ReportBlocks reports, long nowMs)
    {
        for (int i = 0; i < reports.Count; i++)
        {
            ReportBlock report = reports[i];
            if (outgoing.Find(report.Ssrc) is not { Track: { } track } forwarder)
            {
                continue;
            }

            counters.Downlink.Observe(report, track.Codec.ClockRate());
            if (forwarder.Remote.Update(report, clock.ToCompactNtp(nowMs)) is { } roundTripMs)
            {
                counters.Downlink.RoundTrip.Observe(roundTripMs / 1000.0);
            }
        }
    }
}
