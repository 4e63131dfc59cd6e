using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Ice;

/// <summary>User fragment and password of one side (RFC 8445, section 5.3), with the key that protects checks sent to it.</summary>
/// <remarks>Immutable. The password appears in SDP only; <see cref="ToString"/> leaves it out.</remarks>
public sealed class IceCredentials
{
    /// <summary>Letters in a ufrag of ours: 91 random bits.</summary>
    public const int UfragLength = 16;

    /// <summary>Letters in a password of ours: 182 random bits; RFC 8445 asks for at least 128.</summary>
    public const int PasswordLength = 32;

    // RFC 8839, section 5.4.
    private const int MinUfragLength = 4;
    private const int MinPasswordLength = 22;
    private const int MaxLength = 256;

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private IceCredentials(string ufrag, string password)
    {
        Ufrag = ufrag;
        Password = password;
        UfragBytes = Encoding.ASCII.GetBytes(ufrag);
        IntegrityKey = new(Encoding.ASCII.GetBytes(password));
    }

    public string Ufrag { get; }

    public string Password { get; }

    /// <summary>The key of MESSAGE-INTEGRITY in checks sent to the owner, and in its answers.</summary>
    public HmacSha1Key IntegrityKey { get; }

    internal ReadOnlyMemory<byte> UfragBytes { get; }

    /// <summary>16 and 32 letters from the system's random source.</summary>
    public static IceCredentials Create() => new(
        RandomNumberGenerator.GetString(Letters, UfragLength),
        RandomNumberGenerator.GetString(Letters, PasswordLength));

    /// <summary>Takes a peer's <c>a=ice-ufrag</c> and <c>a=ice-pwd</c>; <c>false</c> if length or characters break RFC 8839.</summary>
    public static bool TryCreate(string ufrag, string password, [NotNullWhen(true)] out IceCredentials? credentials)
    {
        bool isValid = ufrag.Length is >= MinUfragLength and <= MaxLength
            && password.Length is >= MinPasswordLength and <= MaxLength
            && ufrag.All(IsIceChar)
            && password.All(IsIceChar);
        credentials = isValid ? new(ufrag, password) : null;
        return isValid;
    }

    /// <summary>
    /// The ufrag of one of our own credentials as a dictionary key, so that a USERNAME is looked up without allocation.
    /// <c>false</c>: not <see cref="UfragLength"/> bytes, so not ours.
    /// </summary>
    public static bool TryGetKey(ReadOnlySpan<byte> ufrag, out UInt128 key)
    {
        if (ufrag.Length != UfragLength)
        {
            key = default;
            return false;
        }

        key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(ufrag);
        return true;
    }

    public override string ToString() => Ufrag;

    internal static bool IsIceChar(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '/';
}
