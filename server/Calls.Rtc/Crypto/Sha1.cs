using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Calls.Rtc.Crypto;

/// <summary>SHA-1 (FIPS 180-4) without allocation, for HMACs whose key state is computed once.</summary>
/// <remarks>Not for signatures: RFC 8489 and RFC 3711 use SHA-1 only inside HMAC.</remarks>
public static class Sha1
{
    public const int BlockSize = 64;
    public const int DigestSize = 20;

    /// <summary>Writes the 20-byte digest of <paramref name="data"/> to <paramref name="digest"/>.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Sha1State state = Sha1State.Initial;
        Finish(ref state, data, default, 0, digest);
    }

    /// <summary>Absorbs two spans as one message, pads and writes the digest.</summary>
    /// <param name="hashedBefore">Bytes already absorbed into <paramref name="state"/>, a multiple of <see cref="BlockSize"/>.</param>
    [SkipLocalsInit]
    internal static void Finish(
        ref Sha1State state, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, int hashedBefore, Span<byte> digest)
    {
        ulong messageBits = (ulong)(hashedBefore + (long)first.Length + second.Length) * 8;

        // One block of carried-over bytes, and a second one in case the padding does not fit behind them.
        Span<byte> tail = stackalloc byte[2 * BlockSize];
        int filled = AbsorbWholeBlocks(ref state, first, tail);
        if (filled > 0 && second.Length >= BlockSize - filled)
        {
            second[..(BlockSize - filled)].CopyTo(tail[filled..]);
            Transform(ref state, tail[..BlockSize]);
            second = second[(BlockSize - filled)..];
            filled = 0;
        }

        filled += AbsorbWholeBlocks(ref state, second, tail[filled..]);

        int paddedLength = filled + 1 + sizeof(ulong) <= BlockSize ? BlockSize : 2 * BlockSize;
        tail[filled..paddedLength].Clear();
        tail[filled] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(paddedLength - sizeof(ulong))..], messageBits);
        Transform(ref state, tail[..paddedLength]);
        state.Write(digest);
    }

    /// <summary>Absorbs blocks; <paramref name="blocks"/> is a multiple of <see cref="BlockSize"/> long.</summary>
    internal static void Transform(ref Sha1State state, ReadOnlySpan<byte> blocks)
    {
        if (OpenSslSha1.IsAvailable)
        {
            OpenSslSha1.Transform(ref state, blocks);
        }
        else
        {
            TransformManaged(ref state, blocks);
        }
    }

    [SkipLocalsInit]
    internal static unsafe void TransformManaged(ref Sha1State state, ReadOnlySpan<byte> blocks)
    {
        uint* w = stackalloc uint[80];
        fixed (byte* start = blocks)
        {
            byte* end = start + (blocks.Length & -BlockSize);
            for (byte* block = start; block < end; block += BlockSize)
            {
                for (int t = 0; t < 16; t++)
                {
                    w[t] = BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(block + (4 * t)));
                }

                for (int t = 16; t < 80; t++)
                {
                    w[t] = BitOperations.RotateLeft(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
                }

                Rounds(ref state, w);
            }
        }
    }

    // Copies what is left after the last whole block to the start of tail and returns its length.
    private static int AbsorbWholeBlocks(ref Sha1State state, ReadOnlySpan<byte> data, Span<byte> tail)
    {
        int whole = data.Length & -BlockSize;
        if (whole > 0)
        {
            Transform(ref state, data[..whole]);
        }

        data[whole..].CopyTo(tail);
        return data.Length - whole;
    }

    // FIPS 180-4, section 6.1.2. Five rounds per turn, so that the five words change roles instead of being moved.
    private static unsafe void Rounds(ref Sha1State state, uint* w)
    {
        uint a = state.A, b = state.B, c = state.C, d = state.D, e = state.E;
        for (int t = 0; t < 20; t += 5)
        {
            e += BitOperations.RotateLeft(a, 5) + Choose(b, c, d) + 0x5A827999 + w[t];
            b = BitOperations.RotateLeft(b, 30);
            d += BitOperations.RotateLeft(e, 5) + Choose(a, b, c) + 0x5A827999 + w[t + 1];
            a = BitOperations.RotateLeft(a, 30);
            c += BitOperations.RotateLeft(d, 5) + Choose(e, a, b) + 0x5A827999 + w[t + 2];
            e = BitOperations.RotateLeft(e, 30);
            b += BitOperations.RotateLeft(c, 5) + Choose(d, e, a) + 0x5A827999 + w[t + 3];
            d = BitOperations.RotateLeft(d, 30);
            a += BitOperations.RotateLeft(b, 5) + Choose(c, d, e) + 0x5A827999 + w[t + 4];
            c = BitOperations.RotateLeft(c, 30);
        }

        for (int t = 20; t < 40; t += 5)
        {
            e += BitOperations.RotateLeft(a, 5) + Parity(b, c, d) + 0x6ED9EBA1 + w[t];
            b = BitOperations.RotateLeft(b, 30);
            d += BitOperations.RotateLeft(e, 5) + Parity(a, b, c) + 0x6ED9EBA1 + w[t + 1];
            a = BitOperations.RotateLeft(a, 30);
            c += BitOperations.RotateLeft(d, 5) + Parity(e, a, b) + 0x6ED9EBA1 + w[t + 2];
            e = BitOperations.RotateLeft(e, 30);
            b += BitOperations.RotateLeft(c, 5) + Parity(d, e, a) + 0x6ED9EBA1 + w[t + 3];
            d = BitOperations.RotateLeft(d, 30);
            a += BitOperations.RotateLeft(b, 5) + Parity(c, d, e) + 0x6ED9EBA1 + w[t + 4];
            c = BitOperations.RotateLeft(c, 30);
        }

        for (int t = 40; t < 60; t += 5)
        {
            e += BitOperations.RotateLeft(a, 5) + Majority(b, c, d) + 0x8F1BBCDC + w[t];
            b = BitOperations.RotateLeft(b, 30);
            d += BitOperations.RotateLeft(e, 5) + Majority(a, b, c) + 0x8F1BBCDC + w[t + 1];
            a = BitOperations.RotateLeft(a, 30);
            c += BitOperations.RotateLeft(d, 5) + Majority(e, a, b) + 0x8F1BBCDC + w[t + 2];
            e = BitOperations.RotateLeft(e, 30);
            b += BitOperations.RotateLeft(c, 5) + Majority(d, e, a) + 0x8F1BBCDC + w[t + 3];
            d = BitOperations.RotateLeft(d, 30);
            a += BitOperations.RotateLeft(b, 5) + Majority(c, d, e) + 0x8F1BBCDC + w[t + 4];
            c = BitOperations.RotateLeft(c, 30);
        }

        for (int t = 60; t < 80; t += 5)
        {
            e += BitOperations.RotateLeft(a, 5) + Parity(b, c, d) + 0xCA62C1D6 + w[t];
            b = BitOperations.RotateLeft(b, 30);
            d += BitOperations.RotateLeft(e, 5) + Parity(a, b, c) + 0xCA62C1D6 + w[t + 1];
            a = BitOperations.RotateLeft(a, 30);
            c += BitOperations.RotateLeft(d, 5) + Parity(e, a, b) + 0xCA62C1D6 + w[t + 2];
            e = BitOperations.RotateLeft(e, 30);
            b += BitOperations.RotateLeft(c, 5) + Parity(d, e, a) + 0xCA62C1D6 + w[t + 3];
            d = BitOperations.RotateLeft(d, 30);
            a += BitOperations.RotateLeft(b, 5) + Parity(c, d, e) + 0xCA62C1D6 + w[t + 4];
            c = BitOperations.RotateLeft(c, 30);
        }

        state.A += a;
        state.B += b;
        state.C += c;
        state.D += d;
        state.E += e;
    }

    // FIPS 180-4, section 4.1.1.
    private static uint Choose(uint x, uint y, uint z) => z ^ (x & (y ^ z));

    private static uint Majority(uint x, uint y, uint z) => (x & y) | (z & (x | y));

    private static uint Parity(uint x, uint y, uint z) => x ^ y ^ z;
}
