using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Calls.Rtc.Srtp;

/// <summary>Session keys from a master key and salt with the AES-CM generator at key derivation rate 0 (RFC 3711 4.3.1 and 4.3.3).</summary>
internal static class SrtpKeyDerivation
{
    public const byte RtpEncryption = 0;
    public const byte RtpAuthentication = 1;
    public const byte RtpSalt = 2;
    public const byte RtcpEncryption = 3;
    public const byte RtcpAuthentication = 4;
    public const byte RtcpSalt = 5;

    /// <param name="masterKey">16 bytes.</param>
    /// <param name="masterSalt">14 bytes, or the 12 of an AEAD profile, which count as followed by zeros (RFC 7714 11).</param>
    /// <param name="label">Which key: the constants above.</param>
    /// <param name="key">Filled whole.</param>
    public static void Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte label, Span<byte> key)
    {
        Span<byte> counterBlock = stackalloc byte[16];
        counterBlock.Clear();
        masterSalt.CopyTo(counterBlock);

        // key_id is label || 48 zero bits, so the label meets byte 7 of the 14-byte salt.
        counterBlock[7] ^= label;

        using Aes128Ctr generator = Aes128Ctr.Create(masterKey, CipherImplementation.Portable);
        key.Clear();
        generator.Crypt(key, Vector128.Create<byte>(counterBlock));
        CryptographicOperations.ZeroMemory(counterBlock);
    }

    /// <summary>Derives a session salt as the first 14 bytes of a big-endian 128-bit number, ready to be xored with an initialization vector.</summary>
    public static UInt128 DeriveSalt(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte label)
    {
        Span<byte> salt = stackalloc byte[16];
        Derive(masterKey, masterSalt, label, salt[..masterSalt.Length]);
        salt[masterSalt.Length..].Clear();
        UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(salt);
        CryptographicOperations.ZeroMemory(salt);
        return value;
    }
}
