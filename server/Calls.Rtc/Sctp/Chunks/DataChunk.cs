using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>DATA: a message or a fragment of one (RFC 9260, section 3.3.1).</summary>
internal readonly ref struct DataChunk
{
    /// <summary>TSN, stream identifier, stream sequence number and payload protocol identifier.</summary>
    public const int FixedLength = 12;

    public const byte EndFlag = 1;
    public const byte BeginFlag = 2;
    public const byte UnorderedFlag = 4;

    /// <summary>The receiver is asked not to delay its SACK.</summary>
    public const byte ImmediateFlag = 8;

    public required byte Flags { get; init; }

    public required uint Tsn { get; init; }

    public required ushort StreamId { get; init; }

    public required ushort StreamSequenceNumber { get; init; }

    /// <summary>Payload protocol identifier, opaque to SCTP.</summary>
    public required uint Ppid { get; init; }

    public required ReadOnlySpan<byte> UserData { get; init; }

    public bool IsBegin => (Flags & BeginFlag) != 0;

    public bool IsEnd => (Flags & EndFlag) != 0;

    public bool IsImmediate => (Flags & ImmediateFlag) != 0;

    public static bool TryParse(SctpChunkView chunk, out DataChunk data)
    {
        ReadOnlySpan<byte> value = chunk.Value;
        if (value.Length < FixedLength)
        {
            data = default;
            return false;
        }

        data = new DataChunk
        {
            Flags = chunk.Flags,
            Tsn = BinaryPrimitives.ReadUInt32BigEndian(value),
            StreamId = BinaryPrimitives.ReadUInt16BigEndian(value[4..]),
            StreamSequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(value[6..]),
            Ppid = BinaryPrimitives.ReadUInt32BigEndian(value[8..]),
            UserData = value[FixedLength..],
        };
        return true;
    }

    public void Write(SctpPacketWriter writer)
    {
        Span<byte> value = writer.AddChunk(SctpChunkType.Data, Flags, FixedLength + UserData.Length);
        BinaryPrimitives.WriteUInt32BigEndian(value, Tsn);
        BinaryPrimitives.WriteUInt16BigEndian(value[4..], StreamId);
        BinaryPrimitives.WriteUInt16BigEndian(value[6..], StreamSequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(value[8..], Ppid);
        UserData.CopyTo(value[FixedLength..]);
    }
}
