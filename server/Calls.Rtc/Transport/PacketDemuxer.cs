using System.Buffers.Binary;

namespace Calls.Rtc.Transport;

/// <summary>Tells protocols apart by their first bytes (RFC 7983, section 7; RFC 5761, section 4; media.md 1.10).</summary>
public static class PacketDemuxer
{
    // RFC 8489, section 5.
    private const int StunHeaderSize = 20;
    private const int StunCookieOffset = 4;
    private const uint StunMagicCookie = 0x2112A442;

    // Fixed headers: DTLS record (RFC 6347, section 4.1), RTP and RTCP (RFC 3550, sections 5.1 and 6.4.2).
    private const int DtlsHeaderSize = 13;
    private const int RtpHeaderSize = 12;
    private const int RtcpHeaderSize = 8;

    public static PacketKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < RtcpHeaderSize)
        {
            return PacketKind.Unknown;
        }

        byte first = datagram[0];
        return first switch
        {
            >= 128 and <= 191 => ClassifyMedia(datagram),
            <= 3 => IsStun(datagram) ? PacketKind.Stun : PacketKind.Unknown,
            >= 20 and <= 63 => datagram.Length >= DtlsHeaderSize ? PacketKind.Dtls : PacketKind.Unknown,
            _ => PacketKind.Unknown,
        };
    }

    private static PacketKind ClassifyMedia(ReadOnlySpan<byte> datagram)
    {
        if (datagram[1] is >= 192 and <= 223)
        {
            return PacketKind.Rtcp;
        }

        return datagram.Length >= RtpHeaderSize ? PacketKind.Rtp : PacketKind.Unknown;
    }

    private static bool IsStun(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= StunHeaderSize
        && datagram.Length % 4 == 0
        && BinaryPrimitives.ReadUInt32BigEndian(datagram[StunCookieOffset..]) == StunMagicCookie;
}
