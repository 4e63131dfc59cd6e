using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>A source description (SDES, RFC 3550 section 6.5); only the canonical name is of interest.</summary>
internal readonly ref struct SourceDescription
{
    private const byte CanonicalNameItem = 1;

    private readonly ReadOnlySpan<byte> _chunks;

    private SourceDescription(ReadOnlySpan<byte> chunks)
    {
        _chunks = chunks;
    }

    public static bool TryParse(RtcpPacketView packet, out SourceDescription description)
    {
        bool fits = packet.Type == RtcpPacketType.SourceDescription;
        description = fits ? new(packet.Body) : default;
        return fits;
    }

    /// <summary>Finds the canonical name (CNAME, UTF-8, at most 255 bytes) of a source.</summary>
    public bool TryGetCanonicalName(uint ssrc, out ReadOnlySpan<byte> name)
    {
        name = default;
        ReadOnlySpan<byte> rest = _chunks;
        while (rest.Length >= 8)
        {
            bool isOurs = BinaryPrimitives.ReadUInt32BigEndian(rest) == ssrc;
            int offset = 4;

            // Items until a null octet, which pads the chunk to the next 32-bit boundary (RFC 3550, section 6.5).
            while (offset < rest.Length && rest[offset] != 0)
            {
                if (offset + 2 > rest.Length || offset + 2 + rest[offset + 1] > rest.Length)
                {
                    return false;
                }

                int length = rest[offset + 1];
                if (isOurs && rest[offset] == CanonicalNameItem)
                {
                    name = rest.Slice(offset + 2, length);
                    return true;
                }

                offset += 2 + length;
            }

            int chunkLength = (offset + 4) & ~3;
            if (chunkLength > rest.Length)
            {
                return false;
            }

            rest = rest[chunkLength..];
        }

        return false;
    }

    /// <summary>Writes one chunk with a canonical name.</summary>
    /// <param name="name">UTF-8, at most 255 bytes.</param>
    /// <param name="destination">At least 16 bytes more than the name.</param>
    public static int Write(Span<byte> destination, uint ssrc, ReadOnlySpan<byte> name)
    {
        // Header, SSRC, item header and name, then one to four null octets.
        int end = 4 + 4 + 2 + name.Length;
        int length = (end + 4) & ~3;
        RtcpWriter.WriteHeader(destination, RtcpPacketType.SourceDescription, 1, length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ssrc);
        destination[8] = CanonicalNameItem;
        destination[9] = (byte)name.Length;
        name.CopyTo(destination[10..]);
        destination[end..length].Clear();
        return length;
    }
}
