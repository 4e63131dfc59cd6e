using System.Buffers.Binary;

namespace Calls.Rtc.Sctp.Chunks;

/// <summary>RE-CONFIG and its parameters (RFC 6525, sections 3.1 and 4).</summary>
internal static class ReConfigChunk
{
    public const int ResponseLength = 12;

    private const int ResetRequestFixedLength = 16;

    /// <summary>An outgoing SSN reset request.</summary>
    /// <param name="parameter">Header and value.</param>
    /// <param name="requestNumber">Re-configuration request sequence number.</param>
    /// <param name="lastTsn">The last TSN that the sender assigned before the reset.</param>
    /// <param name="streamIds">Big-endian stream identifiers, two bytes each; none means all streams.</param>
    public static bool TryParseResetRequest(
        ReadOnlySpan<byte> parameter, out uint requestNumber, out uint lastTsn, out ReadOnlySpan<byte> streamIds)
    {
        requestNumber = 0;
        lastTsn = 0;
        streamIds = default;
        if (parameter.Length < ResetRequestFixedLength || parameter.Length % 2 != 0)
        {
            return false;
        }

        requestNumber = BinaryPrimitives.ReadUInt32BigEndian(parameter[4..]);
        lastTsn = BinaryPrimitives.ReadUInt32BigEndian(parameter[12..]);
        streamIds = parameter[ResetRequestFixedLength..];
        return true;
    }

    /// <summary>The request number that every kind of request begins with.</summary>
    public static bool TryParseRequestNumber(ReadOnlySpan<byte> parameter, out uint requestNumber)
    {
        requestNumber = 0;
        return parameter.Length >= 8 && BinaryPrimitives.TryReadUInt32BigEndian(parameter[4..], out requestNumber);
    }

    public static bool TryParseResponse(ReadOnlySpan<byte> parameter, out uint requestNumber, out ReConfigResult result)
    {
        requestNumber = 0;
        result = default;
        if (parameter.Length < ResponseLength)
        {
            return false;
        }

        requestNumber = BinaryPrimitives.ReadUInt32BigEndian(parameter[4..]);
        result = (ReConfigResult)BinaryPrimitives.ReadUInt32BigEndian(parameter[8..]);
        return true;
    }

    public static int ResetRequestLength(int streamCount) => ResetRequestFixedLength + (2 * streamCount);

    public static void WriteResetRequest(
        SctpPacketWriter writer, uint requestNumber, uint responseNumber, uint lastTsn, ReadOnlySpan<ushort> streamIds)
    {
        int length = ResetRequestLength(streamIds.Length);
        Span<byte> value = writer.AddChunk(SctpChunkType.ReConfig, flags: 0, length);
        BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)SctpParameterType.OutgoingSsnResetRequest);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)length);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], requestNumber);
        BinaryPrimitives.WriteUInt32BigEndian(value[8..], responseNumber);
        BinaryPrimitives.WriteUInt32BigEndian(value[12..], lastTsn);
        for (int i = 0; i < streamIds.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(value[(ResetRequestFixedLength + (2 * i))..], streamIds[i]);
        }
    }

    public static void WriteResponse(SctpPacketWriter writer, uint requestNumber, ReConfigResult result)
    {
        Span<byte> value = writer.AddChunk(SctpChunkType.ReConfig, flags: 0, ResponseLength);
        BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)SctpParameterType.ReConfigurationResponse);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], ResponseLength);
        BinaryPrimitives.WriteUInt32BigEndian(value[4..], requestNumber);
        BinaryPrimitives.WriteUInt32BigEndian(value[8..], (uint)result);
    }
}
