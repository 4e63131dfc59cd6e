using Calls.Rtc.Rtcp;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Client;

/// <summary>Sends a client's RTCP that belongs to none of its own streams: reports, feedback, requests.</summary>
/// <remarks>Not thread-safe. Allocates nothing.</remarks>
internal sealed class ClientRtcp(IClientMediaOutput output)
{
    // A browser that only receives reports under this SSRC (media.md 4.8).
    public const uint Ssrc = 1;

    private readonly byte[] _packet = new byte[PacketBuffer.Capacity];
    private SrtcpIndex _index;

    public SrtpOutbound? Keys { get; set; }

    public Span<byte> Buffer => _packet;

    public void SendReceiverReport(ReadOnlySpan<ReportBlock> blocks)
    {
        if (!blocks.IsEmpty)
        {
            Send(ReceiverReport.Write(_packet, Ssrc, blocks));
        }
    }

    public void SendFeedback(TransportCcRecorder recorder, uint mediaSsrc) => Send(recorder.WriteFeedback(_packet, Ssrc, mediaSsrc));

    public void SendNack(uint mediaSsrc, ReadOnlySpan<ushort> numbers) => Send(Nack.Write(_packet, Ssrc, mediaSsrc, numbers, out _));

    public void SendKeyFrameRequest(uint mediaSsrc) => Send(PictureLossIndication.Write(_packet, Ssrc, mediaSsrc));

    /// <param name="length">Of the plain packet in the buffer; 0 sends nothing.</param>
    private void Send(int length)
    {
        if (length > 0 && Keys is not null && _index.TryNext(out uint index))
        {
            SendWith(length, index);
        }
    }

    /// <summary>Sends the plain packet in <see cref="Buffer"/> under another sender's index.</summary>
    public void SendWith(int length, uint index)
    {
        length = Keys!.ProtectRtcp(_packet, length, index);
        if (length > 0)
        {
            output.SendMedia(_packet.AsSpan(0, length));
        }
    }
}
