using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>The causes carried by ERROR and ABORT (RFC 9260, section 3.3.10).</summary>
internal static class ErrorCause
{
    public const ushort StaleCookie = 3;
    public const ushort OutOfResource = 4;
    public const ushort UnrecognizedChunkType = 6;
    public const ushort InvalidMandatoryParameter = 7;
    public const ushort NoUserData = 9;
    public const ushort RestartWithNewAddresses = 11;
    public const ushort UserInitiatedAbort = 12;
    public const ushort ProtocolViolation = 13;

    private const int HeaderLength = 4;

    /// <summary>Adds an ABORT or ERROR chunk with one cause, if there is room.</summary>
    public static void Write(SctpPacketWriter writer, SctpChunkType type, ushort cause, ReadOnlySpan<byte> information = default)
    {
        if (!writer.HasRoomFor(HeaderLength + information.Length))
        {
            return;
        }

        Span<byte> value = writer.AddChunk(type, flags: 0, HeaderLength + information.Length);
        BinaryPrimitives.WriteUInt16BigEndian(value, cause);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)value.Length);
        information.CopyTo(value[HeaderLength..]);
    }

    /// <summary>The first cause of an ERROR or ABORT, 0 if it has none.</summary>
    public static ushort First(SctpChunkView chunk) =>
        chunk.Value.Length < HeaderLength ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(chunk.Value);
}
