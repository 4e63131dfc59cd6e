using System.Buffers.Binary;
using System.Numerics;

namespace Calls.Rtc.Crypto;

/// <summary>CRC-32C (Castagnoli), the checksum of SCTP (RFC 9260, appendix A).</summary>
public static class Crc32c
{
    /// <summary>The CRC of <paramref name="data"/>. SCTP stores it in little-endian order.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Continues a CRC; start with 0. Lets a caller skip the checksum field by appending four zero bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
