using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>INIT and INIT ACK (RFC 9260, sections 3.3.2 and 3.3.3).</summary>
internal readonly ref struct InitChunk
{
    private const int FixedLength = 16;

    // Forward-TSN supported (RFC 3758); supported extensions RE-CONFIG and FORWARD-TSN (RFC 5061);
    // zero checksum acceptable with DTLS as the error detection method (RFC 9653).
    private static ReadOnlySpan<byte> OwnExtensions =>
    [
        0xC0, 0x00, 0x00, 0x04,
        0x80, 0x08, 0x00, 0x06, (byte)SctpChunkType.ReConfig, (byte)SctpChunkType.ForwardTsn, 0x00, 0x00,
        0x80, 0x01, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01,
    ];

    public required uint InitiateTag { get; init; }

    /// <summary>The sender's a_rwnd in bytes.</summary>
    public required uint ReceiveWindow { get; init; }

    public required ushort OutboundStreams { get; init; }

    public required ushort InboundStreams { get; init; }

    public required uint InitialTsn { get; init; }

    /// <summary>Parameters of a parsed chunk; unused for writing.</summary>
    public ReadOnlySpan<byte> Parameters { get; init; }

    public static bool TryParse(SctpChunkView chunk, out InitChunk init)
    {
        ReadOnlySpan<byte> value = chunk.Value;
        if (value.Length < FixedLength)
        {
            init = default;
            return false;
        }

        init = new InitChunk
        {
            InitiateTag = BinaryPrimitives.ReadUInt32BigEndian(value),
            ReceiveWindow = BinaryPrimitives.ReadUInt32BigEndian(value[4..]),
            OutboundStreams = BinaryPrimitives.ReadUInt16BigEndian(value[8..]),
            InboundStreams = BinaryPrimitives.ReadUInt16BigEndian(value[10..]),
            InitialTsn = BinaryPrimitives.ReadUInt32BigEndian(value[12..]),
            Parameters = value[FixedLength..],
        };
        return true;
    }

    /// <summary>Writes an INIT, or with a cookie an INIT ACK, that announces what we support.</summary>
    /// <param name="writer">An empty packet: neither chunk may be bundled with others.</param>
    /// <param name="cookie">State cookie; empty for an INIT.</param>
    /// <param name="unrecognized">A parameter of the peer's INIT to be reported, or empty.</param>
    public void Write(SctpPacketWriter writer, ReadOnlySpan<byte> cookie = default, ReadOnlySpan<byte> unrecognized = default)
    {
        SctpChunkType type = cookie.IsEmpty ? SctpChunkType.Init : SctpChunkType.InitAck;
        int length = FixedLength + ParameterLength(cookie) + OwnExtensions.Length;
        if (writer.HasRoomFor(length + ParameterLength(unrecognized)))
        {
            length += ParameterLength(unrecognized);
        }
        else
        {
            unrecognized = default;
        }

        Span<byte> value = writer.AddChunk(type, flags: 0, length);
        BinaryPrimitives.WriteUInt32BigEndian(value, InitiateTag);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], ReceiveWindow);
        BinaryPrimitives.WriteUInt16BigEndian(value[8..], OutboundStreams);
        BinaryPrimitives.WriteUInt16BigEndian(value[10..], InboundStreams);
        BinaryPrimitives.WriteUInt32BigEndian(value[12..], InitialTsn);
        value = value[FixedLength..];
        value = WriteParameter(value, SctpParameterType.StateCookie, cookie);
        OwnExtensions.CopyTo(value);
        WriteParameter(value[OwnExtensions.Length..], SctpParameterType.UnrecognizedParameter, unrecognized);
    }

    private static int ParameterLength(ReadOnlySpan<byte> value) =>
        value.IsEmpty ? 0 : (SctpParameterReader.HeaderLength + value.Length + 3) & ~3;

    private static Span<byte> WriteParameter(Span<byte> destination, SctpParameterType type, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return destination;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)(SctpParameterReader.HeaderLength + value.Length));
        value.CopyTo(destination[SctpParameterReader.HeaderLength..]);
        destination[(SctpParameterReader.HeaderLength + value.Length)..ParameterLength(value)].Clear();
        return destination[ParameterLength(value)..];
    }
}
