using System.Buffers.Binary;
using System.IO.Compression;

namespace Calls.StandIn.Rest;

/// <summary>A one-coloured PNG square for users without a picture (PNG specification, second edition).</summary>
internal static class Avatar
{
    private const int Size = 64;

    /// <param name="seed">At least three bytes: the colour.</param>
    public static byte[] Generate(ReadOnlySpan<byte> seed)
    {
        var image = new MemoryStream();
        image.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Size);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Size);
        header[8] = 8; // bits per sample
        header[9] = 2; // red, green, blue
        WriteChunk(image, "IHDR"u8, header);

        var pixels = new MemoryStream();
        using (var zlib = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] row = new byte[1 + (Size * 3)]; // a filter byte, then the samples
            for (int i = 1; i < row.Length; i++)
            {
                row[i] = (byte)(64 + (seed[(i - 1) % 3] / 2));
            }

            for (int y = 0; y < Size; y++)
            {
                zlib.Write(row);
            }
        }

        WriteChunk(image, "IDAT"u8, pixels.ToArray());
        WriteChunk(image, "IEND"u8, []);
        return image.ToArray();
    }

    private static void WriteChunk(MemoryStream image, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        image.Write(number);
        image.Write(type);
        image.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        image.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return crc;
    }
}
