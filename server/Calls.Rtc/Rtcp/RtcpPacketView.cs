using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>One packet of a compound, read in place. <see cref="RtcpReader"/> checked its lengths.</summary>
/// <param name="packet">From the common header to the end, without padding.</param>
internal readonly ref struct RtcpPacketView(ReadOnlySpan<byte> packet)
{
    public const int HeaderLength = 4;

    private readonly ReadOnlySpan<byte> _packet = packet;

    public RtcpPacketType Type => (RtcpPacketType)_packet[1];

    /// <summary>The five bits after the padding bit: a report or source count, or a feedback format (FMT).</summary>
    public int Count => _packet[0] & 0x1F;

    /// <summary>What follows the common header.</summary>
    public ReadOnlySpan<byte> Body => _packet[HeaderLength..];

    /// <summary>The first word of the body, the sender in every type that has one; 0 for an empty body.</summary>
    public uint SenderSsrc => _packet.Length >= 8 ? BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]) : 0;

    public bool Is(RtcpPacketType type, int format) => Type == type && Count == format;
}
