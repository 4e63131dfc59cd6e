using System.Buffers.Binary;

namespace Calls.Rtc.Srtp;

/// <summary>The few fields of RTP and RTCP headers that SRTP needs (RFC 3550 5.1 and 6.4.1).</summary>
internal static class RtpHeader
{
    public const int MinLength = 12;

    /// <summary>The part of an RTCP packet that SRTCP leaves in the clear (RFC 3711 3.4).</summary>
    public const int RtcpClearLength = 8;

    /// <summary>Length of the header that stays in the clear: fixed part, CSRCs and header extension (RFC 3711 3.1).</summary>
    /// <returns><c>false</c> if the version is not 2 or the header does not fit into <paramref name="packet"/>.</returns>
    public static bool TryGetLength(ReadOnlySpan<byte> packet, out int length)
    {
        length = MinLength;

        if (packet.Length < MinLength || !IsVersion2(packet))
        {
            return false;
        }

        length += (packet[0] & 0x0F) * 4;

        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < length + 4)
            {
                return false;
            }

            length += 4 + BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]) * 4;
        }

        return length <= packet.Length;
    }

    public static bool IsVersion2(ReadOnlySpan<byte> packet) => packet[0] >> 6 == 2;

    public static ushort SequenceNumber(ReadOnlySpan<byte> rtp) => BinaryPrimitives.ReadUInt16BigEndian(rtp[2..]);

    public static uint Ssrc(ReadOnlySpan<byte> rtp) => BinaryPrimitives.ReadUInt32BigEndian(rtp[8..]);

    public static uint RtcpSenderSsrc(ReadOnlySpan<byte> rtcp) => BinaryPrimitives.ReadUInt32BigEndian(rtcp[4..]);
}
