namespace Calls.Rtc.Srtp;

/// <summary>The session keys of one direction and what they do to a packet. Knows no state of any stream.</summary>
/// <remarks>Immutable until disposed, so any number of threads may use it at once.</remarks>
internal abstract class SrtpTransform : IDisposable
{
    /// <summary>Bit 31 of the last word of SRTCP: the packet is encrypted (RFC 3711 3.4).</summary>
    protected const uint EncryptedFlag = 0x8000_0000;

    /// <summary>Bytes that SRTP adds behind the payload.</summary>
    public abstract int RtpOverhead { get; }

    /// <summary>Bytes that SRTCP adds: the tag and the word with E flag and index.</summary>
    public abstract int RtcpOverhead { get; }

    public static SrtpTransform Create(
        SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, CipherImplementation implementation) =>
        profile == SrtpProfile.AeadAes128Gcm
            ? AeadAes128GcmTransform.Derive(masterKey, masterSalt, implementation)
            : Aes128CmHmacSha1Transform.Derive(masterKey, masterSalt, implementation);

    /// <param name="packet">The whole protected packet: header and payload in place, <see cref="RtpOverhead"/> bytes free at the end.</param>
    /// <param name="headerLength">Bytes that stay in the clear.</param>
    /// <param name="index">48-bit packet index.</param>
    public abstract void ProtectRtp(Span<byte> packet, int headerLength, ulong index);

    /// <summary>Verifies and then decrypts in place; the plain packet is <see cref="RtpOverhead"/> bytes shorter.</summary>
    /// <returns><c>false</c> if the tag is wrong.</returns>
    public abstract bool UnprotectRtp(Span<byte> packet, int headerLength, ulong index);

    /// <param name="packet">The whole protected packet, with <see cref="RtcpOverhead"/> bytes free at the end.</param>
    /// <param name="index">31-bit SRTCP index.</param>
    public abstract void ProtectRtcp(Span<byte> packet, uint index);

    /// <summary>The E flag and the index, not yet authenticated.</summary>
    public abstract uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet);

    /// <summary>Verifies and then decrypts in place; the plain packet is <see cref="RtcpOverhead"/> bytes shorter.</summary>
    /// <returns><c>false</c> if the tag is wrong.</returns>
    public abstract bool UnprotectRtcp(Span<byte> packet, uint index);

    public abstract void Dispose();
}
