using System.Buffers.Binary;

namespace Calls.Rtc.Rtcp;

/// <summary>The common header (RFC 3550 section 6.4.1), shared by the writers of each packet type.</summary>
internal static class RtcpWriter
{
    /// <param name="length">Of the whole packet in bytes, a multiple of 4.</param>
    public static void WriteHeader(Span<byte> destination, RtcpPacketType type, int count, int length)
    {
        destination[0] = (byte)(0x80 | count);
        destination[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)((length / 4) - 1));
    }
}
