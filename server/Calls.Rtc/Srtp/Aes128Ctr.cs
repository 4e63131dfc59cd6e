using System.Runtime.Intrinsics;

namespace Calls.Rtc.Srtp;

/// <summary>An AES-128 key for counter mode. Immutable until disposed, so any number of threads may use it at once.</summary>
internal abstract class Aes128Ctr : IDisposable
{
    public static Aes128Ctr Create(ReadOnlySpan<byte> key, CipherImplementation implementation) =>
        implementation switch
        {
            CipherImplementation.X64 => new Aes128Ctr<X64AesRounds>(key),
            _ => new Aes128Ctr<PortableAesRounds>(key),
        };

    /// <summary>Encrypts or decrypts in place (RFC 3711 4.1.1).</summary>
    public abstract void Crypt(Span<byte> data, Vector128<byte> counterBlock);

    public abstract void Dispose();
}
