using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>The end of one or more sources (BYE, RFC 3550 section 6.6). A reason text is skipped.</summary>
internal readonly ref struct Goodbye
{
    private readonly ReadOnlySpan<byte> _ssrcs;

    private Goodbye(ReadOnlySpan<byte> ssrcs)
    {
        _ssrcs = ssrcs;
    }

    /// <summary>Sources that end, at most 31.</summary>
    public int Count => _ssrcs.Length / 4;

    public uint this[int index] => BinaryPrimitives.ReadUInt32BigEndian(_ssrcs[(index * 4)..]);

    public static bool TryParse(RtcpPacketView packet, out Goodbye goodbye)
    {
        bool fits = packet.Type == RtcpPacketType.Goodbye && packet.Body.Length >= packet.Count * 4;
        goodbye = fits ? new(packet.Body[..(packet.Count * 4)]) : default;
        return fits;
    }

    public static int Write(Span<byte> destination, uint ssrc)
    {
        RtcpWriter.WriteHeader(destination, RtcpPacketType.Goodbye, 1, 8);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ssrc);
        return 8;
    }
}
