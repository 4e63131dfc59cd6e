using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <inheritdoc/>
internal sealed class Aes128Gcm<TAes, TMultiply> : Aes128Gcm
    where TAes : struct, IAesRounds
    where TMultiply : struct, ICarrylessMultiply
{
    private readonly SecretMemory _keys = new(AesKeySchedule.Length + Ghash.PowersLength);

    public Aes128Gcm(ReadOnlySpan<byte> key)
    {
        AesKeySchedule.Expand(key, RoundKeys);
        Ghash.Expand<TMultiply>(AesKeySchedule.Encrypt<TAes>(RoundKeys, Vector128<byte>.Zero), Powers);
    }

    private Span<byte> RoundKeys => _keys.Span[..AesKeySchedule.Length];

    private Span<byte> Powers => _keys.Span[AesKeySchedule.Length..];

    public override void Seal(Span<byte> data, ReadOnlySpan<byte> additionalData, Vector128<byte> nonce)
    {
        int length = data.Length - TagLength;
        CounterMode.Crypt<TAes>(RoundKeys, data[..length], nonce | Counter(2));
        ComputeTag(data, length, additionalData, nonce).CopyTo(data[length..]);
    }

    public override bool Open(Span<byte> data, ReadOnlySpan<byte> additionalData, Vector128<byte> nonce)
    {
        int length = data.Length - TagLength;
        Vector128<byte> received = Vector128.Create(data[length..]);
        Vector128<byte> expected = ComputeTag(data, length, additionalData, nonce);
        received.CopyTo(data[length..]);

        // A comparison of whole vectors takes the same time whatever they hold.
        if (received != expected)
        {
            return false;
        }

        CounterMode.Crypt<TAes>(RoundKeys, data[..length], nonce | Counter(2));
        return true;
    }

    public override void Dispose() => _keys.Dispose();

    // Overwrites the place of the tag with zeros, as the padding of the last block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> ComputeTag(Span<byte> data, int length, ReadOnlySpan<byte> additionalData, Vector128<byte> nonce)
    {
        Vector128<byte>.Zero.CopyTo(data[length..]);
        return Ghash.Compute<TMultiply>(Powers, additionalData, data, length) ^ AesKeySchedule.Encrypt<TAes>(RoundKeys, nonce | Counter(1));
    }

    // The block counter in the last 4 bytes: 1 for the tag, from 2 on for the data (SP 800-38D, 7.1).
    private static Vector128<byte> Counter(uint value) =>
        Vector128.Create(0, 0, 0, BinaryPrimitives.ReverseEndianness(value)).AsByte();
}
