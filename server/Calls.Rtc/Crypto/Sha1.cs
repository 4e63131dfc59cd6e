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
    [SkipLocalsInit]
    internal static unsafe void Transform(ref Sha1State state, ReadOnlySpan<byte> blocks)
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
            Choose(a, ref b, c, d, ref e, w[t]);
            Choose(e, ref a, b, c, ref d, w[t + 1]);
            Choose(d, ref e, a, b, ref c, w[t + 2]);
            Choose(c, ref d, e, a, ref b, w[t + 3]);
            Choose(b, ref c, d, e, ref a, w[t + 4]);
        }

        for (int t = 20; t < 40; t += 5)
        {
            ParityFive(ref a, ref b, ref c, ref d, ref e, w + t, 0x6ED9EBA1);
        }

        for (int t = 40; t < 60; t += 5)
        {
            Majority(a, ref b, c, d, ref e, w[t]);
            Majority(e, ref a, b, c, ref d, w[t + 1]);
            Majority(d, ref e, a, b, ref c, w[t + 2]);
            Majority(c, ref d, e, a, ref b, w[t + 3]);
            Majority(b, ref c, d, e, ref a, w[t + 4]);
        }

        for (int t = 60; t < 80; t += 5)
        {
            ParityFive(ref a, ref b, ref c, ref d, ref e, w + t, 0xCA62C1D6);
        }

        state.A += a;
        state.B += b;
        state.C += c;
        state.D += d;
        state.E += e;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Choose(uint a, ref uint b, uint c, uint d, ref uint e, uint word)
    {
        e += BitOperations.RotateLeft(a, 5) + (d ^ (b & (c ^ d))) + 0x5A827999 + word;
        b = BitOperations.RotateLeft(b, 30);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Majority(uint a, ref uint b, uint c, uint d, ref uint e, uint word)
    {
        e += BitOperations.RotateLeft(a, 5) + ((b & c) | (d & (b | c))) + 0x8F1BBCDC + word;
        b = BitOperations.RotateLeft(b, 30);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Parity(uint a, ref uint b, uint c, uint d, ref uint e, uint word, uint constant)
    {
        e += BitOperations.RotateLeft(a, 5) + (b ^ c ^ d) + constant + word;
        b = BitOperations.RotateLeft(b, 30);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void ParityFive(
        ref uint a, ref uint b, ref uint c, ref uint d, ref uint e, uint* w, uint constant)
    {
        Parity(a, ref b, c, d, ref e, w[0], constant);
        Parity(e, ref a, b, c, ref d, w[1], constant);
        Parity(d, ref e, a, b, ref c, w[2], constant);
        Parity(c, ref d, e, a, ref b, w[3], constant);
        Parity(b, ref c, d, e, ref a, w[4], constant);
    }
}
