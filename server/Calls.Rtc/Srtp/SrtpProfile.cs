namespace Calls.Rtc.Srtp;

/// <summary>SRTP protection profiles, with their IANA numbers as in the use_srtp extension (RFC 5764 4.1.2, RFC 7714 14.2).</summary>
public enum SrtpProfile : ushort
{
    /// <summary>AES-128 in counter mode with HMAC-SHA1 and a tag of 10 bytes. Mandatory to implement (RFC 8827 6.5).</summary>
    Aes128CmHmacSha1_80 = 1,

    /// <summary>AES-128-GCM with a tag of 16 bytes.</summary>
    AeadAes128Gcm = 7,
}
