namespace Calls.Rtc.Stun;

/// <summary>Sizes and constants of the STUN message format (RFC 8489, sections 5 and 14).</summary>
public static class StunFormat
{
    public const int HeaderSize = 20;
    public const int TransactionIdSize = 12;
    public const uint MagicCookie = 0x2112A442;

    internal const int LengthOffset = 2;
    internal const int CookieOffset = 4;
    internal const int TransactionIdOffset = 8;
    internal const int AttributeHeaderSize = 4;
    internal const int IntegritySize = Crypto.HmacSha1Key.MacSize;
    internal const int FingerprintSize = 4;

    // RFC 8489, section 14.7: keeps a STUN fingerprint apart from a CRC-32 of an application protocol.
    internal const uint FingerprintMask = 0x5354554E;

    internal const byte FamilyIPv4 = 1;
    internal const byte FamilyIPv6 = 2;

    /// <summary>Length of a value with its padding to a multiple of four.</summary>
    internal static int Padded(int length) => (length + 3) & ~3;
}
