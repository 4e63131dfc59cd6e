using Calls.Rtc.Rtp;
using Calls.Rtc.Srtp;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Client;

/// <summary>The last packets of a video track of our own, to be sent again when the server asks.</summary>
internal sealed class SentHistory(uint rtxSsrc, byte rtxPayloadType)
{
    private const int Capacity = 512;

    private readonly PayloadHistory _payloads = new(Capacity, PacketBuffer.MaxDatagram);
    private readonly SentPacketHistory _packets = new(Capacity);
    private ushort _rtxSequence;
    private RolloverCounter _rtxRollover;

    /// <summary>Packets sent again.</summary>
    public long Retransmissions { get; private set; }

    public bool HasRtx => rtxSsrc != 0;

    public void Keep(long sequence, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> payload) =>
        _packets.Add(sequence, packet, payload.Length, _payloads, _payloads.Add(payload), payload.Length);

    /// <summary>Writes and protects a packet again: as one of the retransmission stream, or byte for byte.</summary>
    /// <returns>Its length; 0 if it is not kept.</returns>
    public int Write(Span<byte> destination, long sequence, SrtpOutbound keys, RtpExtensionIds extensionIds, ref ushort transportSequence)
    {
        if (!_packets.TryGet(sequence, out SentPacket packet))
        {
            return 0;
        }

        Retransmissions++;
        if (!HasRtx)
        {
            return keys.Protect(destination, packet.CopyTo(destination), (uint)(sequence >> 16));
        }

        ushort number = _rtxSequence++;
        if (!_rtxRollover.TryGet(number, out uint rollover))
        {
            return 0;
        }

        var header = new OutboundRtpHeader(rtxSsrc, rtxPayloadType, HasMarker: false, number, Timestamp: 0, extensionIds, AudioLevel: null, transportSequence++);
        return keys.Protect(destination, RtxPacket.Write(destination, header, packet), rollover);
    }
}
