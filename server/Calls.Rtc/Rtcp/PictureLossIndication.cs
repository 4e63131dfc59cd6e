using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>A request for a key frame (PLI, RFC 4585 section 6.3.1).</summary>
internal readonly ref struct PictureLossIndication
{
    public const int Format = 1;

    public const int Length = 12;

    private readonly ReadOnlySpan<byte> _body;

    private PictureLossIndication(ReadOnlySpan<byte> body)
    {
        _body = body;
    }

    public uint SenderSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    public uint MediaSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body[4..]);

    public static bool TryParse(RtcpPacketView packet, out PictureLossIndication indication)
    {
        bool fits = packet.Is(RtcpPacketType.PayloadFeedback, Format) && packet.Body.Length >= 8;
        indication = fits ? new(packet.Body) : default;
        return fits;
    }

    public static int Write(Span<byte> destination, uint senderSsrc, uint mediaSsrc)
    {
        RtcpWriter.WriteHeader(destination, RtcpPacketType.PayloadFeedback, Format, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], mediaSsrc);
        return Length;
    }
}
