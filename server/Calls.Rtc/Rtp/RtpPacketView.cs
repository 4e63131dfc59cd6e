using System.Buffers.Binary;

namespace Calls.Rtc.Rtp;

/// <summary>A plain RTP packet, read in place (RFC 3550 section 5.1, RFC 8285).</summary>
/// <remarks>Valid as long as the bytes behind it; every offset was checked by <see cref="TryParse"/>.</remarks>
internal readonly ref struct RtpPacketView
{
    public const int FixedHeaderLength = 12;

    /// <summary>Longest header-extension block taken, in 32-bit words (media.md 9.7).</summary>
    public const int MaxExtensionWords = 255;

    private const ushort OneByteProfile = 0xBEDE;
    private const ushort TwoByteProfile = 0x1000;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _csrcLength;
    private readonly int _payloadOffset;
    private readonly int _payloadLength;

    private RtpPacketView(ReadOnlySpan<byte> packet, int csrcLength, int payloadOffset, int payloadLength)
    {
        _packet = packet;
        _csrcLength = csrcLength;
        _payloadOffset = payloadOffset;
        _payloadLength = payloadLength;
    }

    public bool HasMarker => (_packet[1] & 0x80) != 0;

    public byte PayloadType => (byte)(_packet[1] & 0x7F);

    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_packet[2..]);

    /// <summary>In ticks of the codec's clock.</summary>
    public uint Timestamp => BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_packet[8..]);

    /// <summary>Contributing sources as on the wire, 4 bytes each, at most 15.</summary>
    public ReadOnlySpan<byte> Csrcs => _packet.Slice(FixedHeaderLength, _csrcLength);

    /// <summary>Without padding.</summary>
    public ReadOnlySpan<byte> Payload => _packet.Slice(_payloadOffset, _payloadLength);

    /// <summary>Whether the packet carries nothing but padding: a bandwidth probe (media.md 4.3).</summary>
    public bool IsPaddingOnly => _payloadLength == 0;

    /// <summary>Length of header, payload and padding in bytes.</summary>
    public int Length => _packet.Length;

    /// <summary>Bytes before the payload: fixed header, contributing sources, extension block.</summary>
    public int HeaderLength => _payloadOffset;

    /// <summary>Whether a header-extension block of any profile is present.</summary>
    public bool HasExtensionBlock => (_packet[0] & 0x10) != 0;

    /// <summary>Reads a packet after SRTP removal; <c>false</c> if a length in it does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpPacketView view)
    {
        view = default;
        if (packet.Length < FixedHeaderLength || packet[0] >> 6 != 2)
        {
            return false;
        }

        int csrcLength = (packet[0] & 0x0F) * 4;
        int offset = FixedHeaderLength + csrcLength;
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < offset + 4)
            {
                return false;
            }

            int words = BinaryPrimitives.ReadUInt16BigEndian(packet[(offset + 2)..]);
            if (words > MaxExtensionWords)
            {
                return false;
            }

            offset += 4 + (words * 4);
        }

        int payloadLength = packet.Length - offset;
        if (payloadLength < 0)
        {
            return false;
        }

        if ((packet[0] & 0x20) != 0)
        {
            // The last octet counts all padding octets, itself included (RFC 3550, section 5.1).
            int padding = packet[^1];
            if (padding == 0 || padding > payloadLength)
            {
                return false;
            }

            payloadLength -= padding;
        }

        view = new(packet, csrcLength, offset, payloadLength);
        return true;
    }

    /// <summary>Finds a header extension in the one-byte or the two-byte form (RFC 8285, sections 4.2 and 4.3).</summary>
    /// <param name="id">As negotiated; 0 finds nothing.</param>
    /// <param name="data">The element's data; may be empty in the two-byte form.</param>
    public bool TryGetExtension(byte id, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (id == 0 || !HasExtensionBlock)
        {
            return false;
        }

        int start = FixedHeaderLength + _csrcLength;
        ushort profile = BinaryPrimitives.ReadUInt16BigEndian(_packet[start..]);
        ReadOnlySpan<byte> block = _packet[(start + 4).._payloadOffset];
        if (profile == OneByteProfile)
        {
            return TryFindOneByte(block, id, out data);
        }

        // The low four bits are for the application (RFC 8285, section 4.3).
        return (profile & 0xFFF0) == TwoByteProfile && TryFindTwoByte(block, id, out data);
    }

    private static bool TryFindOneByte(ReadOnlySpan<byte> block, byte id, out ReadOnlySpan<byte> data)
    {
        while (!block.IsEmpty)
        {
            int elementId = block[0] >> 4;
            int length = (block[0] & 0x0F) + 1;
            if (block[0] == 0)
            {
                block = block[1..];
                continue;
            }

            // Id 15 ends the block whatever follows (RFC 8285, section 4.2).
            if (elementId == 15 || length >= block.Length)
            {
                break;
            }

            if (elementId == id)
            {
                data = block.Slice(1, length);
                return true;
            }

            block = block[(1 + length)..];
        }

        data = default;
        return false;
    }

    private static bool TryFindTwoByte(ReadOnlySpan<byte> block, byte id, out ReadOnlySpan<byte> data)
    {
        while (block.Length >= 2)
        {
            if (block[0] == 0)
            {
                block = block[1..];
                continue;
            }

            int length = block[1];
            if (length > block.Length - 2)
            {
                break;
            }

            if (block[0] == id)
            {
                data = block.Slice(2, length);
                return true;
            }

            block = block[(2 + length)..];
        }

        data = default;
        return false;
    }
}
