using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>SACK: what has arrived (RFC 9260, section 3.3.4).</summary>
internal readonly ref struct SackChunk
{
    public const int FixedLength = 12;
    public const int BlockLength = 4;

    private readonly ReadOnlySpan<byte> _value;

    private SackChunk(ReadOnlySpan<byte> value) => _value = value;

    public uint CumulativeTsn => BinaryPrimitives.ReadUInt32BigEndian(_value);

    /// <summary>The sender's a_rwnd in bytes.</summary>
    public uint ReceiveWindow => BinaryPrimitives.ReadUInt32BigEndian(_value[4..]);

    public int GapBlockCount => BinaryPrimitives.ReadUInt16BigEndian(_value[8..]);

    public int DuplicateCount => BinaryPrimitives.ReadUInt16BigEndian(_value[10..]);

    public static bool TryParse(SctpChunkView chunk, out SackChunk sack)
    {
        sack = new SackChunk(chunk.Value);
        return chunk.Value.Length >= FixedLength
            && chunk.Value.Length >= FixedLength + (BlockLength * (sack.GapBlockCount + sack.DuplicateCount));
    }

    /// <summary>First and last TSN of a gap block, as offsets from <see cref="CumulativeTsn"/>.</summary>
    public (ushort Start, ushort End) GapBlock(int index)
    {
        ReadOnlySpan<byte> block = _value[(FixedLength + (BlockLength * index))..];
        return (BinaryPrimitives.ReadUInt16BigEndian(block), BinaryPrimitives.ReadUInt16BigEndian(block[2..]));
    }

    /// <param name="writer">A packet with room for everything given.</param>
    /// <param name="gapBlocks">First and last TSN of each block in ascending order, as offsets from the cumulative TSN.</param>
    public static void Write(
        SctpPacketWriter writer,
        uint cumulativeTsn,
        uint receiveWindow,
        ReadOnlySpan<(ushort Start, ushort End)> gapBlocks,
        ReadOnlySpan<uint> duplicates)
    {
        int length = FixedLength + (BlockLength * (gapBlocks.Length + duplicates.Length));
        Span<byte> value = writer.AddChunk(SctpChunkType.Sack, flags: 0, length);
        BinaryPrimitives.WriteUInt32BigEndian(value, cumulativeTsn);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], receiveWindow);
        BinaryPrimitives.WriteUInt16BigEndian(value[8..], (ushort)gapBlocks.Length);
        BinaryPrimitives.WriteUInt16BigEndian(value[10..], (ushort)duplicates.Length);
        value = value[FixedLength..];
        foreach ((ushort start, ushort end) in gapBlocks)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value, start);
            BinaryPrimitives.WriteUInt16BigEndian(value[2..], end);
            value = value[BlockLength..];
        }

        foreach (uint duplicate in duplicates)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value, duplicate);
            value = value[BlockLength..];
        }
    }
}
