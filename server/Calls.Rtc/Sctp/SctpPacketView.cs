using System.Buffers.Binary;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Sctp;

/// <summary>A received packet: common header and chunks (RFC 9260, section 3).</summary>
internal readonly ref struct SctpPacketView
{
    public const int HeaderLength = 12;
    public const int ChecksumOffset = 8;

    private readonly ReadOnlySpan<byte> _packet;

    private SctpPacketView(ReadOnlySpan<byte> packet) => _packet = packet;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_packet);

    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_packet[2..]);

    public uint VerificationTag => BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_packet[ChecksumOffset..]);

    public SctpChunkReader Chunks => new(_packet[HeaderLength..]);

    /// <summary>Zero stands for "protected by DTLS": we announce that we accept it (RFC 9653, section 5.2).</summary>
    public bool HasAcceptableChecksum => Checksum == 0 || Checksum == ComputeChecksum(_packet);

    /// <returns><c>false</c> if there is no room for the header and one chunk.</returns>
    public static bool TryParse(ReadOnlySpan<byte> packet, out SctpPacketView view)
    {
        view = new SctpPacketView(packet);
        return packet.Length >= HeaderLength + SctpChunkView.HeaderLength;
    }

    /// <summary>CRC-32C over the packet with four zero bytes in place of the checksum (RFC 9260, section 6.8).</summary>
    public static uint ComputeChecksum(ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> zero = [0, 0, 0, 0];
        uint crc = Crc32c.Append(0, packet[..ChecksumOffset]);
        crc = Crc32c.Append(crc, zero);
        return Crc32c.Append(crc, packet[HeaderLength..]);
    }
}
