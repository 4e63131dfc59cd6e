using Calls.Rtc.Rtcp;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Sfu.Statistics;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>Sends a client the RTCP that belongs to no forwarded stream: what it is told about its own packets, and asked for.</summary>
/// <remarks>Owned by the participant's loop, the only writer of this SSRC's SRTCP index.</remarks>
/// <param name="ssrc">Sender SSRC of all of it.</param>
internal sealed class OutboundRtcp(MediaParticipant participant, uint ssrc, LossCounters counters)
{
    private SrtcpIndex _index;

    public uint Ssrc { get; } = ssrc;

    /// <summary>Sends the receiver report and the transport-wide feedback that are due.</summary>
    public void SendReports(InboundReports reports, ReadOnlySpan<InboundStream> streams, long nowMs, IPacketSink sink)
    {
        Span<byte> plain = sink.Reserve();
        Send(plain, reports.WriteReceiverReport(plain, Ssrc, streams, nowMs), sink);
        plain = sink.Reserve();
        Send(plain, reports.WriteFeedback(plain, Ssrc, nowMs), sink);
    }

    /// <summary>Asks for a key frame of each layer of which one is wanted and the last request is old enough.</summary>
    public void SendKeyFrameRequest(PublishedTrack track, long nowMs, IPacketSink sink)
    {
        foreach (PublishedLayer layer in track.Layers)
        {
            if (layer.TryTakeKeyFrameRequest(nowMs))
            {
                counters.Add(LossCounter.KeyFramesRequested, 1);
                Span<byte> plain = sink.Reserve();
                Send(plain, PictureLossIndication.Write(plain, Ssrc, layer.Source!.Ssrc), sink);
            }
        }
    }

    /// <summary>Asks for missing packets.</summary>
    /// <param name="numbers">Ascending in sequence-number order, few enough for one packet.</param>
    public void SendNack(uint mediaSsrc, ReadOnlySpan<ushort> numbers, IPacketSink sink)
    {
        Span<byte> plain = sink.Reserve();
        Send(plain, Nack.Write(plain, Ssrc, mediaSsrc, numbers, out _), sink);
    }

    /// <param name="reserved">The sink's current slot, with a plain packet of <paramref name="length"/> bytes; 0 sends nothing.</param>
    private void Send(Span<byte> reserved, int length, IPacketSink sink)
    {
        if (length == 0 || participant.Outbound is not { } keys || participant.Path is not { } path || !_index.TryNext(out uint index))
        {
            return;
        }

        length = keys.ProtectRtcp(reserved, length, index);
        if (length > 0)
        {
            sink.Commit(length, path);
        }
    }
}
