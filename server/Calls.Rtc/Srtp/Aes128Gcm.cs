using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>An AES-128-GCM key (NIST SP 800-38D). Immutable until disposed, so any number of threads may use it at once.</summary>
internal abstract class Aes128Gcm : IDisposable
{
    public const int TagLength = 16;

    public static Aes128Gcm Create(ReadOnlySpan<byte> key, CipherImplementation implementation) =>
        implementation switch
        {
            CipherImplementation.X64 => new Aes128Gcm<X64AesRounds, X64CarrylessMultiply>(key),
            _ => new Aes128Gcm<PortableAesRounds, PortableCarrylessMultiply>(key),
        };

    /// <summary>Encrypts in place and writes the tag behind the ciphertext.</summary>
    /// <param name="data">The plaintext followed by exactly <see cref="TagLength"/> bytes for the tag.</param>
    /// <param name="additionalData">Authenticated, not encrypted. May lie anywhere but in <paramref name="data"/>.</param>
    /// <param name="nonce">12 bytes and a block counter of 0. Never the same twice.</param>
    public abstract void Seal(Span<byte> data, ReadOnlySpan<byte> additionalData, Vector128<byte> nonce);

    /// <summary>Verifies the tag and, only if it is right, decrypts in place. The ciphertext is unchanged otherwise.</summary>
    /// <param name="data">The ciphertext followed by the tag.</param>
    public abstract bool Open(Span<byte> data, ReadOnlySpan<byte> additionalData, Vector128<byte> nonce);

    public abstract void Dispose();
}
