using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>AES-128 in counter mode (NIST SP 800-38A, 6.5; RFC 3711 4.1.1): the key stream is xored onto the data in place.</summary>
internal static class CounterMode
{
    private const int BlockLength = 16;

    /// <param name="roundKeys">The expanded key, <see cref="AesKeySchedule.Length"/> bytes.</param>
    /// <param name="data">Plaintext or ciphertext of any length.</param>
    /// <param name="counterBlock">The first counter block. Only its last 4 bytes (big endian) count, as in GCM; no packet comes near 2^32 blocks.</param>
    [SkipLocalsInit]
    public static void Crypt<TAes>(ReadOnlySpan<byte> roundKeys, Span<byte> data, Vector128<byte> counterBlock)
        where TAes : struct, IAesRounds
    {
        ref Vector128<byte> keys = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<byte, Vector128<byte>>(roundKeys));
        ref byte position = ref MemoryMarshal.GetReference(data);
        int remaining = data.Length;
        Vector128<uint> counter = ReverseBytes(counterBlock).AsUInt32();

        // An AES instruction takes 3 to 4 cycles but one can start every half cycle: eight blocks keep the unit busy.
        while (remaining >= 8 * BlockLength)
        {
            Vector128<byte> key = keys;
            Vector128<byte> b0 = Take(ref counter) ^ key, b1 = Take(ref counter) ^ key, b2 = Take(ref counter) ^ key, b3 = Take(ref counter) ^ key;
            Vector128<byte> b4 = Take(ref counter) ^ key, b5 = Take(ref counter) ^ key, b6 = Take(ref counter) ^ key, b7 = Take(ref counter) ^ key;

            for (int round = 1; round < AesKeySchedule.Rounds; round++)
            {
                key = Unsafe.Add(ref keys, round);
                (b0, b1, b2, b3) = (TAes.Round(b0, key), TAes.Round(b1, key), TAes.Round(b2, key), TAes.Round(b3, key));
                (b4, b5, b6, b7) = (TAes.Round(b4, key), TAes.Round(b5, key), TAes.Round(b6, key), TAes.Round(b7, key));
            }

            key = Unsafe.Add(ref keys, AesKeySchedule.Rounds);
            Xor(ref position, 0, TAes.LastRound(b0, key));
            Xor(ref position, 1, TAes.LastRound(b1, key));
            Xor(ref position, 2, TAes.LastRound(b2, key));
            Xor(ref position, 3, TAes.LastRound(b3, key));
            Xor(ref position, 4, TAes.LastRound(b4, key));
            Xor(ref position, 5, TAes.LastRound(b5, key));
            Xor(ref position, 6, TAes.LastRound(b6, key));
            Xor(ref position, 7, TAes.LastRound(b7, key));

            position = ref Unsafe.Add(ref position, 8 * BlockLength);
            remaining -= 8 * BlockLength;
        }

        while (remaining > 0)
        {
            Vector128<byte> key = keys;
            Vector128<byte> b0 = Take(ref counter) ^ key, b1 = Take(ref counter) ^ key, b2 = Take(ref counter) ^ key, b3 = Take(ref counter) ^ key;

            for (int round = 1; round < AesKeySchedule.Rounds; round++)
            {
                key = Unsafe.Add(ref keys, round);
                (b0, b1, b2, b3) = (TAes.Round(b0, key), TAes.Round(b1, key), TAes.Round(b2, key), TAes.Round(b3, key));
            }

            key = Unsafe.Add(ref keys, AesKeySchedule.Rounds);
            b0 = TAes.LastRound(b0, key);
            b1 = TAes.LastRound(b1, key);
            b2 = TAes.LastRound(b2, key);
            b3 = TAes.LastRound(b3, key);

            if (remaining < 4 * BlockLength)
            {
                XorTail(ref position, remaining, b0, b1, b2, b3);
                return;
            }

            Xor(ref position, 0, b0);
            Xor(ref position, 1, b1);
            Xor(ref position, 2, b2);
            Xor(ref position, 3, b3);
            position = ref Unsafe.Add(ref position, 4 * BlockLength);
            remaining -= 4 * BlockLength;
        }
    }

    // Fewer than 64 bytes: whole blocks first, then the last one by way of a copy, as the bytes after the data are not ours to write.
    [SkipLocalsInit]
    private static void XorTail(
        ref byte position, int length, Vector128<byte> b0, Vector128<byte> b1, Vector128<byte> b2, Vector128<byte> b3)
    {
        int block = 0;

        while (length >= BlockLength)
        {
            Xor(ref position, block++, b0);
            (b0, b1, b2) = (b1, b2, b3);
            length -= BlockLength;
        }

        if (length > 0)
        {
            ref byte tail = ref Unsafe.Add(ref position, block * BlockLength);
            Vector128<byte> last = Vector128<byte>.Zero;
            ref byte copy = ref Unsafe.As<Vector128<byte>, byte>(ref last);
            Unsafe.CopyBlockUnaligned(ref copy, ref tail, (uint)length);
            last ^= b0;
            Unsafe.CopyBlockUnaligned(ref tail, ref copy, (uint)length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Xor(ref byte position, int block, Vector128<byte> keyStream)
    {
        ref byte target = ref Unsafe.Add(ref position, block * BlockLength);
        (Vector128.LoadUnsafe(ref target) ^ keyStream).StoreUnsafe(ref target);
    }

    // The counter is kept byte-reversed, where its last 4 bytes are lane 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Take(ref Vector128<uint> counter)
    {
        Vector128<byte> block = ReverseBytes(counter.AsByte());
        counter += Vector128.Create(1u, 0, 0, 0);
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> ReverseBytes(Vector128<byte> value) =>
        Vector128.Shuffle(value, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}
