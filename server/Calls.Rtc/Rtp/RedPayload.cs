using System.Buffers.Binary;

namespace Calls.Rtc.Rtp;

/// <summary>A payload that repeats earlier ones (RED, RFC 2198 section 3): redundant blocks, oldest first, then the primary one.</summary>
/// <remarks>Valid as long as the bytes behind it; every length was checked by <see cref="TryParse"/>.</remarks>
internal readonly ref struct RedPayload
{
    /// <summary>Redundant blocks taken at most; browsers send one or two.</summary>
    public const int MaxRedundant = 4;

    /// <summary>Longest redundant block: its length has 10 bits.</summary>
    public const int MaxBlockLength = 0x3FF;

    private const int RedundantHeaderLength = 4;

    private readonly ReadOnlySpan<byte> _payload;
    private readonly int _primaryOffset;

    private RedPayload(ReadOnlySpan<byte> payload, int redundantCount, int primaryOffset)
    {
        _payload = payload;
        RedundantCount = redundantCount;
        _primaryOffset = primaryOffset;
    }

    /// <summary>Nothing was read: the payload is no RED.</summary>
    public bool IsEmpty => _payload.IsEmpty;

    public int RedundantCount { get; }

    /// <summary>Payload type of the primary block.</summary>
    public byte PrimaryPayloadType => (byte)(_payload[RedundantCount * RedundantHeaderLength] & 0x7F);

    public ReadOnlySpan<byte> Primary => _payload[_primaryOffset..];

    /// <summary><c>false</c>: the blocks claim more than there is, are too many, or the primary one is empty.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out RedPayload red)
    {
        red = default;
        int redundant = 0;
        int blocks = 0;
        int offset = 0;
        while (true)
        {
            if (offset >= payload.Length)
            {
                return false;
            }

            // The F bit says that another header follows.
            if ((payload[offset] & 0x80) == 0)
            {
                offset++;
                break;
            }

            if (++redundant > MaxRedundant || offset + RedundantHeaderLength > payload.Length)
            {
                return false;
            }

            blocks += BinaryPrimitives.ReadUInt16BigEndian(payload[(offset + 2)..]) & MaxBlockLength;
            offset += RedundantHeaderLength;
        }

        if (offset + blocks >= payload.Length)
        {
            return false;
        }

        red = new(payload, redundant, offset + blocks);
        return true;
    }

    /// <summary>A redundant block, 0 the oldest.</summary>
    /// <param name="timestampOffset">How much earlier than the packet's own timestamp it belongs, in ticks, 14 bits.</param>
    public ReadOnlySpan<byte> Redundant(int index, out byte payloadType, out int timestampOffset)
    {
        int offset = (RedundantCount * RedundantHeaderLength) + 1;
        for (int i = 0; i < index; i++)
        {
            offset += Length(i);
        }

        uint header = BinaryPrimitives.ReadUInt32BigEndian(_payload[(index * RedundantHeaderLength)..]);
        payloadType = (byte)((header >> 24) & 0x7F);
        timestampOffset = (int)(header >> 10) & 0x3FFF;
        return _payload.Slice(offset, Length(index));
    }

    /// <summary>Gives every block of a written payload another payload type.</summary>
    /// <param name="payload">A copy of this one.</param>
    public void SetPayloadTypes(Span<byte> payload, byte payloadType)
    {
        for (int i = 0; i <= RedundantCount; i++)
        {
            ref byte first = ref payload[i * RedundantHeaderLength];
            first = (byte)((first & 0x80) | payloadType);
        }
    }

    /// <summary>Writes a payload with one redundant block before the primary one.</summary>
    /// <param name="redundant">At most <see cref="MaxBlockLength"/>; empty leaves it out.</param>
    /// <param name="timestampOffset">At most 14 bits.</param>
    /// <returns>Length in bytes.</returns>
    public static int Write(Span<byte> destination, byte payloadType, ReadOnlySpan<byte> redundant, int timestampOffset, ReadOnlySpan<byte> primary)
    {
        int offset = 0;
        if (!redundant.IsEmpty)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                destination, 0x8000_0000 | ((uint)payloadType << 24) | ((uint)timestampOffset << 10) | (uint)redundant.Length);
            offset = RedundantHeaderLength;
        }

        destination[offset++] = payloadType;
        redundant.CopyTo(destination[offset..]);
        primary.CopyTo(destination[(offset + redundant.Length)..]);
        return offset + redundant.Length + primary.Length;
    }

    private int Length(int index) =>
        BinaryPrimitives.ReadUInt16BigEndian(_payload[((index * RedundantHeaderLength) + 2)..]) & MaxBlockLength;
}
