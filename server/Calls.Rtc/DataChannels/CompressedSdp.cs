using System.Buffers.Binary;
using System.IO.Compression;

namespace Calls.Rtc.DataChannels;

/// <summary>zlib (RFC 1950) around the JSON of an offer or answer.</summary>
public static class CompressedSdp
{
    /// <summary>Longest JSON accepted, in bytes (media.md 9.7).</summary>
    public const int MaxInflatedLength = 256 * 1024;

    /// <summary>How many times longer than its compressed form JSON may be.</summary>
    public const int MaxRatio = 100;

    /// <summary>Header, the shortest block and checksum.</summary>
    private const int MinLength = 8;

    private const int ChecksumLength = 4;
    private const int InitialCapacity = 16 * 1024;

    /// <summary>Level 6, so that the data begins with <c>78 9C</c>.</summary>
    public static byte[] Deflate(ReadOnlySpan<byte> json)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(json);
        }

        return compressed.ToArray();
    }

    /// <summary>Inflates with bounded memory: never more than one byte over the limit is produced.</summary>
    /// <returns><see cref="CallsChannelResult.Ok"/>, <see cref="CallsChannelResult.BadSdpData"/> or <see cref="CallsChannelResult.SdpTooLong"/>.</returns>
    public static unsafe CallsChannelResult TryInflate(ReadOnlySpan<byte> compressed, out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (compressed.Length < MinLength)
        {
            return CallsChannelResult.BadSdpData;
        }

        int limit = (int)Math.Min(MaxInflatedLength, (long)compressed.Length * MaxRatio);
        byte[] inflated = new byte[Math.Min(InitialCapacity, limit + 1)];
        int length = 0;
        fixed (byte* start = compressed)
        {
            using var source = new UnmanagedMemoryStream(start, compressed.Length);
            using var zlib = new ZLibStream(source, CompressionMode.Decompress);
            try
            {
                int read;
                while ((read = zlib.Read(inflated, length, inflated.Length - length)) > 0)
                {
                    length += read;
                    if (length > limit)
                    {
                        return CallsChannelResult.SdpTooLong;
                    }

                    if (length == inflated.Length)
                    {
                        Array.Resize(ref inflated, Math.Min(2 * inflated.Length, limit + 1));
                    }
                }
            }
            catch (InvalidDataException)
            {
                return CallsChannelResult.BadSdpData;
            }
        }

        // The stream ends silently where its data does; only the checksum at the very end tells that nothing is missing.
        if (Adler32(inflated.AsSpan(0, length)) != BinaryPrimitives.ReadUInt32BigEndian(compressed[^ChecksumLength..]))
        {
            return CallsChannelResult.BadSdpData;
        }

        json = inflated.AsMemory(0, length);
        return CallsChannelResult.Ok;
    }

    /// <summary>RFC 1950, section 8.2.</summary>
    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        const uint prime = 65521;
        const int maxWithoutOverflow = 5552;
        uint low = 1;
        uint high = 0;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> part = data[..Math.Min(data.Length, maxWithoutOverflow)];
            foreach (byte value in part)
            {
                low += value;
                high += low;
            }

            low %= prime;
            high %= prime;
            data = data[part.Length..];
        }

        return (high << 16) | low;
    }
}
