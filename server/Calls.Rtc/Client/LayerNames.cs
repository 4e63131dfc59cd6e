using System.Buffers.Binary;
using System.Text;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.Client;

/// <summary>Names a simulcast layer in the header of its first packets, as browsers do (RFC 8852, media.md 4.1).</summary>
internal static class LayerNames
{
    /// <summary>Packets that carry the names; a receiver has to remember them.</summary>
    public const int NamedPackets = 50;

    private const ushort OneByteProfile = 0xBEDE;

    /// <summary>Writes a packet with mid, rid and transport-wide number.</summary>
    /// <param name="destination">At least the payload and 64 bytes.</param>
    /// <returns>Length in bytes; 0 if the names do not fit into one-byte extensions.</returns>
    public static int Write(
        Span<byte> destination, in OutboundRtpHeader header, HeaderExtensionIds ids, string mid, string rid, ReadOnlySpan<byte> payload)
    {
        if (ids.Mid is 0 or > 14 || ids.RtpStreamId is 0 or > 14 || ids.TransportCc > 14 || mid.Length is 0 or > 16 || rid.Length is 0 or > 16)
        {
            return 0;
        }

        int offset = RtpWriter.WriteHeader(destination, header with { ExtensionIds = default, AudioLevel = null });
        destination[0] |= 0x10;
        BinaryPrimitives.WriteUInt16BigEndian(destination[offset..], OneByteProfile);
        int block = offset + 4;
        int end = WriteText(destination, block, ids.Mid, mid);
        end = WriteText(destination, end, ids.RtpStreamId, rid);
        if (ids.TransportCc != 0)
        {
            destination[end] = (byte)((ids.TransportCc << 4) | 1);
            BinaryPrimitives.WriteUInt16BigEndian(destination[(end + 1)..], header.TransportSequenceNumber);
            end += 3;
        }

        while ((end - block) % 4 != 0)
        {
            destination[end++] = 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[(offset + 2)..], (ushort)((end - block) / 4));
        payload.CopyTo(destination[end..]);
        return end + payload.Length;
    }

    private static int WriteText(Span<byte> destination, int offset, byte id, string text)
    {
        int length = Encoding.ASCII.GetBytes(text, destination[(offset + 1)..]);
        destination[offset] = (byte)((id << 4) | (length - 1));
        return offset + 1 + length;
    }
}
