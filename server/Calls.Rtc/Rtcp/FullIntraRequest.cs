using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>Requests for key frames of one or more sources (FIR, RFC 5104 section 4.3.1).</summary>
internal readonly ref struct FullIntraRequest
{
    public const int Format = 4;

    private const int EntryLength = 8;

    private readonly ReadOnlySpan<byte> _body;

    private FullIntraRequest(ReadOnlySpan<byte> body)
    {
        _body = body;
    }

    public uint SenderSsrc => BinaryPrimitives.ReadUInt32BigEndian(_body);

    public int Count => (_body.Length - 8) / EntryLength;

    /// <summary>The source asked for; the SSRC of the packet's head is not used (RFC 5104, section 4.3.1.2).</summary>
    public uint MediaSsrc(int index) => BinaryPrimitives.ReadUInt32BigEndian(_body[(8 + (index * EntryLength))..]);

    /// <summary>Counts requests; a repetition carries the same number.</summary>
    public byte SequenceNumber(int index) => _body[8 + (index * EntryLength) + 4];

    public static bool TryParse(RtcpPacketView packet, out FullIntraRequest request)
    {
        bool fits = packet.Is(RtcpPacketType.PayloadFeedback, Format) && packet.Body.Length >= 8;
        request = fits ? new(packet.Body) : default;
        return fits;
    }

    public static int Write(Span<byte> destination, uint senderSsrc, uint mediaSsrc, byte sequenceNumber)
    {
        RtcpWriter.WriteHeader(destination, RtcpPacketType.PayloadFeedback, Format, 20);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], mediaSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], (uint)sequenceNumber << 24);
        return 20;
    }
}
