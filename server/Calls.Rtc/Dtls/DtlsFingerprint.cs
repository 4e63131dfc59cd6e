using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Calls.Rtc.Dtls;

/// <summary>The hash of a certificate, as in <c>a=fingerprint</c> (RFC 8122 5).</summary>
public sealed class DtlsFingerprint
{
    private readonly string _algorithm;
    private readonly byte[] _hash;

    private DtlsFingerprint(string algorithm, byte[] hash)
    {
        _algorithm = algorithm;
        _hash = hash;
    }

    /// <summary>The sha-256 fingerprint of a certificate.</summary>
    /// <param name="der">The certificate in DER.</param>
    public static DtlsFingerprint OfCertificate(ReadOnlySpan<byte> der) => new("sha-256", SHA256.HashData(der));

    /// <summary>Reads <c>sha-256 AA:BB:...</c>, the value of an SDP line, in upper or lower case.</summary>
    /// <returns><c>false</c> if it is malformed or the hash is not sha-256, sha-384 or sha-512: sha-1 is refused (media.md 9.5).</returns>
    public static bool TryParse(ReadOnlySpan<char> value, [NotNullWhen(true)] out DtlsFingerprint? fingerprint)
    {
        fingerprint = null;
        value = value.Trim();
        int space = value.IndexOf(' ');

        if (space < 0 || !TryGetAlgorithm(value[..space], out string? algorithm, out int length))
        {
            return false;
        }

        ReadOnlySpan<char> digits = value[(space + 1)..].TrimStart();

        if (digits.Length != length * 3 - 1)
        {
            return false;
        }

        byte[] hash = new byte[length];

        for (int i = 0; i < length; i++)
        {
            ReadOnlySpan<char> digit = digits.Slice(i * 3, 2);

            if (!char.IsAsciiHexDigit(digit[0]) || !char.IsAsciiHexDigit(digit[1]) || (i > 0 && digits[i * 3 - 1] != ':'))
            {
                return false;
            }

            hash[i] = (byte)(HexValue(digit[0]) << 4 | HexValue(digit[1]));
        }

        fingerprint = new(algorithm, hash);
        return true;
    }

    /// <summary>Whether a certificate has this hash.</summary>
    /// <param name="der">The certificate in DER.</param>
    public bool Matches(ReadOnlySpan<byte> der)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];

        int length = _algorithm switch
        {
            "sha-256" => SHA256.HashData(der, hash),
            "sha-384" => SHA384.HashData(der, hash),
            _ => SHA512.HashData(der, hash),
        };

        return CryptographicOperations.FixedTimeEquals(hash[..length], _hash);
    }

    /// <summary>As in SDP: <c>sha-256 AA:BB:...</c>.</summary>
    public override string ToString() => string.Create(_algorithm.Length + _hash.Length * 3, this, static (text, fingerprint) =>
    {
        fingerprint._algorithm.CopyTo(text);
        text = text[fingerprint._algorithm.Length..];

        for (int i = 0; i < fingerprint._hash.Length; i++)
        {
            text[i * 3] = i == 0 ? ' ' : ':';
            fingerprint._hash[i].TryFormat(text[(i * 3 + 1)..], out _, "X2");
        }
    });

    private static bool TryGetAlgorithm(ReadOnlySpan<char> name, [NotNullWhen(true)] out string? algorithm, out int length)
    {
        (algorithm, length) =
            name.Equals("sha-256", StringComparison.OrdinalIgnoreCase) ? ("sha-256", SHA256.HashSizeInBytes)
            : name.Equals("sha-384", StringComparison.OrdinalIgnoreCase) ? ("sha-384", SHA384.HashSizeInBytes)
            : name.Equals("sha-512", StringComparison.OrdinalIgnoreCase) ? ("sha-512", SHA512.HashSizeInBytes)
            : ((string?)null, 0);
        return algorithm is not null;
    }

    private static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
