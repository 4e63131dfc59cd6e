using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>Key expansion of AES-128 (FIPS 197, 5.2) and the encryption of one block with its result.</summary>
internal static class AesKeySchedule
{
    public const int KeyLength = 16;
    public const int Rounds = 10;

    /// <summary>Bytes of the expanded key: one block per round and one in front.</summary>
    public const int Length = (Rounds + 1) * KeyLength;

    public static void Expand(ReadOnlySpan<byte> key, Span<byte> roundKeys)
    {
        Vector128<byte> current = Vector128.Create(key[..KeyLength]);
        current.CopyTo(roundKeys);
        byte roundConstant = 1;

        for (int round = 1; round <= Rounds; round++)
        {
            // RotWord and SubWord of the last word, in every lane.
            Vector128<byte> rotated = Vector128.Shuffle(
                current, Vector128.Create((byte)13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12));
            Vector128<byte> word = PortableAesRounds.SubBytes(rotated) ^ Vector128.Create((uint)roundConstant).AsByte();

            // Each word is the xor of all words up to it of the round before.
            Vector128<uint> sum = current.AsUInt32();
            sum ^= Vector128.Shuffle(sum, Vector128.Create(4u, 0, 1, 2));
            sum ^= Vector128.Shuffle(sum, Vector128.Create(4u, 4, 0, 1));
            current = sum.AsByte() ^ word;
            current.CopyTo(roundKeys[(round * KeyLength)..]);

            roundConstant = (byte)(roundConstant << 1 ^ (roundConstant >> 7) * 0x1B);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Encrypt<TAes>(ReadOnlySpan<byte> roundKeys, Vector128<byte> block)
        where TAes : struct, IAesRounds
    {
        ref Vector128<byte> keys = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<byte, Vector128<byte>>(roundKeys));
        block ^= keys;

        for (int round = 1; round < Rounds; round++)
        {
            block = TAes.Round(block, Unsafe.Add(ref keys, round));
        }

        return TAes.LastRound(block, Unsafe.Add(ref keys, Rounds));
    }
}
