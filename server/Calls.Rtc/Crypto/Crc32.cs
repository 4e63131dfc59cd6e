using System.Buffers.Binary;

namespace Calls.Rtc.Crypto;

/// <summary>CRC-32 of ITU V.42 (polynomial 0x04C11DB7, reflected), as the STUN FINGERPRINT uses it (RFC 8489, section 14.7).</summary>
public static class Crc32
{
    private const uint ReflectedPolynomial = 0xEDB88320;

    // Table k holds the effect of a byte that is followed by k zero bytes: eight look-ups advance eight bytes.
    private static readonly uint[] Tables = BuildTables();

    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>Continues a CRC; start with 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<uint> tables = Tables;
        crc = ~crc;
        while (data.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[(7 << 8) + (byte)low]
                ^ tables[(6 << 8) + (byte)(low >> 8)]
                ^ tables[(5 << 8) + (byte)(low >> 16)]
                ^ tables[(4 << 8) + (int)(low >> 24)]
                ^ tables[(3 << 8) + (byte)high]
                ^ tables[(2 << 8) + (byte)(high >> 8)]
                ^ tables[(1 << 8) + (byte)(high >> 16)]
                ^ tables[(int)(high >> 24)];
            data = data[8..];
        }

        foreach (byte value in data)
        {
            crc = tables[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] BuildTables()
    {
        uint[] tables = new uint[8 << 8];
        for (int value = 0; value < 256; value++)
        {
            uint crc = (uint)value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ ReflectedPolynomial;
            }

            tables[value] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            uint previous = tables[i - 256];
            tables[i] = tables[(byte)previous] ^ (previous >> 8);
        }

        return tables;
    }
}
