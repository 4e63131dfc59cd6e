using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Calls.Rtc.Crypto;

/// <summary>A key of HMAC-SHA1 (RFC 2104) with its inner and outer block already hashed.</summary>
/// <remarks>Immutable, so usable from any thread. Computing a MAC allocates nothing.</remarks>
public sealed class HmacSha1Key
{
    /// <summary>Length of a MAC in bytes.</summary>
    public const int MacSize = Sha1.DigestSize;

    private readonly Sha1State _inner;
    private readonly Sha1State _outer;

    /// <param name="key">Any length; RFC 2104 hashes keys longer than a block first.</param>
    public HmacSha1Key(ReadOnlySpan<byte> key)
    {
        Span<byte> block = stackalloc byte[Sha1.BlockSize];
        block.Clear();
        if (key.Length > Sha1.BlockSize)
        {
            Sha1.Hash(key, block);
        }
        else
        {
            key.CopyTo(block);
        }

        _inner = HashPad(block, 0x36);
        _outer = HashPad(block, 0x5C);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>Writes the MAC of <paramref name="a"/> followed by <paramref name="b"/>.</summary>
    /// <param name="mac20">At least 20 bytes.</param>
    [SkipLocalsInit]
    public void Compute(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> mac20)
    {
        Span<byte> digest = stackalloc byte[Sha1.DigestSize];
        Sha1State state = _inner;
        Sha1.Finish(ref state, a, b, Sha1.BlockSize, digest);

        state = _outer;
        Sha1.Finish(ref state, digest, default, Sha1.BlockSize, mac20);
    }

    /// <summary>Writes the MAC of <paramref name="message"/>.</summary>
    /// <param name="mac20">At least 20 bytes.</param>
    public void Compute(ReadOnlySpan<byte> message, Span<byte> mac20) => Compute(message, default, mac20);

    private static Sha1State HashPad(ReadOnlySpan<byte> key, byte pad)
    {
        Span<byte> block = stackalloc byte[Sha1.BlockSize];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(key[i] ^ pad);
        }

        Sha1State state = Sha1State.Initial;
        Sha1.Transform(ref state, block);
        CryptographicOperations.ZeroMemory(block);
        return state;
    }
}
