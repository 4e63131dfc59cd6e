using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>GHASH, the authenticator of GCM (NIST SP 800-38D, 6.4), with the first 16 powers of its key.</summary>
/// <remarks>
/// GHASH counts bits from the left, multiplication from the right. With blocks byte-reversed a product comes out one bit short of its place,
/// which keeping the key times x makes up for. Products are summed unreduced over up to 16 blocks,
/// Y * H^16 + X2 * H^15 + ... + X16 * H, and reduced once.
/// </remarks>
internal static class Ghash
{
    /// <summary>Bytes of the powers of the key: H^16 first, H last.</summary>
    public const int PowersLength = Powers * BlockLength;

    private const int Powers = 16;
    private const int BlockLength = 16;

    /// <param name="hashKey">The encrypted zero block.</param>
    /// <param name="powers">Receives <see cref="PowersLength"/> bytes.</param>
    public static void Expand<TMultiply>(Vector128<byte> hashKey, Span<byte> powers)
        where TMultiply : struct, ICarrylessMultiply
    {
        Vector128<ulong> reversed = ReverseBytes(hashKey).AsUInt64();
        ulong carry = 0 - (reversed[1] >> 63);
        ulong low = reversed[0] << 1 ^ (carry & 1);
        ulong high = (reversed[1] << 1 | reversed[0] >> 63) ^ (carry & ReductionConstant);
        Vector128<ulong> key = Vector128.Create(low, high);
        Vector128<ulong> power = key;

        for (int slot = Powers - 1; slot >= 0; slot--)
        {
            power.AsByte().CopyTo(powers[(slot * BlockLength)..]);
            power = Reduce<TMultiply>(
                TMultiply.Lower(power, key),
                TMultiply.UpperLower(power, key) ^ TMultiply.UpperLower(key, power),
                TMultiply.Upper(power, key));
        }
    }

    /// <summary>The hash of the additional data and the ciphertext, each padded with zeros to whole blocks, and of their lengths.</summary>
    /// <param name="powers">What <see cref="Expand"/> wrote.</param>
    /// <param name="additionalData">Any length.</param>
    /// <param name="ciphertext">The ciphertext and at least 16 bytes after it, which must be zero: they are read as its padding.</param>
    /// <param name="ciphertextLength">Bytes of ciphertext.</param>
    [SkipLocalsInit]
    public static Vector128<byte> Compute<TMultiply>(
        ReadOnlySpan<byte> powers, ReadOnlySpan<byte> additionalData, ReadOnlySpan<byte> ciphertext, int ciphertextLength)
        where TMultiply : struct, ICarrylessMultiply
    {
        ref Vector128<ulong> table = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<byte, Vector128<ulong>>(powers));

        // Additional data: an RTP header is rarely a whole number of blocks, so its last block is a padded copy.
        int wholeBlocks = additionalData.Length / BlockLength;
        int tailLength = additionalData.Length % BlockLength;
        Vector128<byte> tail = Vector128<byte>.Zero;
        additionalData[^tailLength..].CopyTo(MemoryMarshal.AsBytes(new Span<Vector128<byte>>(ref tail)));
        Vector128<ulong> hash = tailLength == 0
            ? Blocks<TMultiply>(ref table, Vector128<ulong>.Zero, ref MemoryMarshal.GetReference(additionalData), wholeBlocks)
            : BlocksAndLast<TMultiply>(
                ref table, Vector128<ulong>.Zero, ref MemoryMarshal.GetReference(additionalData), wholeBlocks, ReverseBytes(tail).AsUInt64());

        // Big-endian bit lengths, additional data first: reversed, that is ciphertext in the low half.
        Vector128<ulong> lengths = Vector128.Create((ulong)ciphertextLength * 8, (ulong)additionalData.Length * 8);
        int blocks = (ciphertextLength + BlockLength - 1) / BlockLength;
        hash = BlocksAndLast<TMultiply>(ref table, hash, ref MemoryMarshal.GetReference(ciphertext), blocks, lengths);
        return ReverseBytes(hash.AsByte());
    }

    // Hashes blocks from memory and then one more that is at hand (already reversed).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> BlocksAndLast<TMultiply>(
        ref Vector128<ulong> table, Vector128<ulong> hash, ref byte position, int count, Vector128<ulong> last)
        where TMultiply : struct, ICarrylessMultiply
    {
        int whole = count & ~(Powers - 1);
        hash = Blocks<TMultiply>(ref table, hash, ref position, whole);
        position = ref Unsafe.Add(ref position, whole * BlockLength);
        count -= whole;

        var sum = default(UnreducedSum<TMultiply>);

        for (int block = 0; block < count; block++)
        {
            hash ^= Load(ref position, block);
            sum.Add(hash, Unsafe.Add(ref table, Powers - 1 - count + block));
            hash = Vector128<ulong>.Zero;
        }

        sum.Add(hash ^ last, Unsafe.Add(ref table, Powers - 1));
        return sum.Reduce();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Blocks<TMultiply>(ref Vector128<ulong> table, Vector128<ulong> hash, ref byte position, int count)
        where TMultiply : struct, ICarrylessMultiply
    {
        while (count > 0)
        {
            int group = Math.Min(count, Powers);
            var sum = default(UnreducedSum<TMultiply>);

            for (int block = 0; block < group; block++)
            {
                hash ^= Load(ref position, block);
                sum.Add(hash, Unsafe.Add(ref table, Powers - group + block));
                hash = Vector128<ulong>.Zero;
            }

            hash = sum.Reduce();
            position = ref Unsafe.Add(ref position, group * BlockLength);
            count -= group;
        }

        return hash;
    }

    // x^128 = x^7 + x^2 + x + 1 in the reversed order of bits and times x: the constant by which a low half is folded up.
    private const ulong ReductionConstant = 0xC200_0000_0000_0000;

    /// <summary>Folds the low 128 bits of a 256-bit product, <c>low + middle * 2^64 + high * 2^128</c>, into the high ones, 64 at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reduce<TMultiply>(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
        where TMultiply : struct, ICarrylessMultiply
    {
        Vector128<ulong> constant = Vector128.Create(0, ReductionConstant);
        middle ^= TMultiply.UpperLower(constant, low) ^ SwapHalves(low);
        return high ^ TMultiply.UpperLower(constant, middle) ^ SwapHalves(middle);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte position, int block) =>
        ReverseBytes(Vector128.LoadUnsafe(ref Unsafe.Add(ref position, block * BlockLength))).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> SwapHalves(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ReverseBytes(Vector128<byte> value) =>
        Vector128.Shuffle(value, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    private struct UnreducedSum<TMultiply>
        where TMultiply : struct, ICarrylessMultiply
    {
        private Vector128<ulong> _low;
        private Vector128<ulong> _middle;
        private Vector128<ulong> _high;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector128<ulong> block, Vector128<ulong> power)
        {
            _low ^= TMultiply.Lower(block, power);
            _middle ^= TMultiply.UpperLower(block, power) ^ TMultiply.UpperLower(power, block);
            _high ^= TMultiply.Upper(block, power);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector128<ulong> Reduce() => Reduce<TMultiply>(_low, _middle, _high);
    }
}
