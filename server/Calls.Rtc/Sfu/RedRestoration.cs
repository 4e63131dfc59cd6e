using Calls.Rtc.Rtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Sfu;

/// <summary>Makes lost audio packets of the redundant blocks of a later one (RFC 2198, media.md 8.6).</summary>
internal static class RedRestoration
{
    /// <summary>Forwards what a packet repeats and nobody has got yet, before the packet itself.</summary>
    /// <remarks>
    /// Senders repeat the packets just before this one, so a block's number follows from its place. Once restored, the original
    /// is refused as a repetition: it would be sent under the same number again.
    /// </remarks>
    /// <param name="packet">The packet that the blocks came with.</param>
    /// <param name="index">Its number in its source's numbering, just accepted.</param>
    /// <returns>Packets restored.</returns>
    public static int Restore(InboundStream stream, in RtpPacketView packet, in RedPayload red, long index, long nowMs, IPacketSink sink)
    {
        Span<byte> restored = stackalloc byte[RtpWriter.MaxHeaderLength + RedPayload.MaxBlockLength];
        int count = 0;
        for (int i = 0; i < red.RedundantCount; i++)
        {
            long number = index - red.RedundantCount + i;
            ReadOnlySpan<byte> block = red.Redundant(i, out byte payloadType, out int timestampOffset);
            if (block.IsEmpty || payloadType != red.PrimaryPayloadType || !stream.Sequence.TryAccept((ushort)number, out long accepted))
            {
                continue;
            }

            var header = new OutboundRtpHeader(
                packet.Ssrc, payloadType, HasMarker: false, (ushort)number, packet.Timestamp - (uint)timestampOffset, default, AudioLevel: null, TransportSequenceNumber: 0);
            int length = RtpWriter.Write(restored, header, block);
            if (RtpPacketView.TryParse(restored[..length], out RtpPacketView view))
            {
                stream.Track!.Forward(stream.Layer, view, default, stream.Sequence.Compact(accepted), audioLevel: null, nowMs, sink);
                count++;
            }
        }

        return count;
    }
}
