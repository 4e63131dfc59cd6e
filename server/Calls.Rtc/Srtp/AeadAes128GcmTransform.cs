using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Calls.Rtc.Srtp;

/// <summary>AEAD_AES_128_GCM (RFC 7714).</summary>
internal sealed class AeadAes128GcmTransform : SrtpTransform
{
    private const int IndexWordLength = 4;

    private readonly Aes128Gcm _rtp;
    private readonly Aes128Gcm _rtcp;
    private readonly UInt128 _rtpSalt;
    private readonly UInt128 _rtcpSalt;

    /// <param name="rtp">Session key.</param>
    /// <param name="rtpSalt">Session salt of 12 bytes in the upper part of a big-endian number.</param>
    /// <param name="rtcp">Session key of SRTCP.</param>
    /// <param name="rtcpSalt">Session salt of SRTCP.</param>
    public AeadAes128GcmTransform(Aes128Gcm rtp, UInt128 rtpSalt, Aes128Gcm rtcp, UInt128 rtcpSalt)
    {
        _rtp = rtp;
        _rtpSalt = rtpSalt;
        _rtcp = rtcp;
        _rtcpSalt = rtcpSalt;
    }

    public override int RtpOverhead => Aes128Gcm.TagLength;

    public override int RtcpOverhead => Aes128Gcm.TagLength + IndexWordLength;

    public static AeadAes128GcmTransform Derive(
        ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, CipherImplementation implementation)
    {
        Span<byte> key = stackalloc byte[AesKeySchedule.KeyLength];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryption, key);
        var rtp = Aes128Gcm.Create(key, implementation);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpEncryption, key);
        var rtcp = Aes128Gcm.Create(key, implementation);
        CryptographicOperations.ZeroMemory(key);

        return new(
            rtp,
            SrtpKeyDerivation.DeriveSalt(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt),
            rtcp,
            SrtpKeyDerivation.DeriveSalt(masterKey, masterSalt, SrtpKeyDerivation.RtcpSalt));
    }

    public override void ProtectRtp(Span<byte> packet, int headerLength, ulong index) =>
        _rtp.Seal(packet[headerLength..], packet[..headerLength], Nonce(RtpHeader.Ssrc(packet), index, _rtpSalt));

    public override bool UnprotectRtp(Span<byte> packet, int headerLength, ulong index) =>
        _rtp.Open(packet[headerLength..], packet[..headerLength], Nonce(RtpHeader.Ssrc(packet), index, _rtpSalt));

    public override void ProtectRtcp(Span<byte> packet, uint index)
    {
        uint indexWord = EncryptedFlag | index;
        Span<byte> additionalData = stackalloc byte[RtpHeader.RtcpClearLength + IndexWordLength];
        WriteRtcpAdditionalData(packet, indexWord, additionalData);

        _rtcp.Seal(
            packet[RtpHeader.RtcpClearLength..^IndexWordLength],
            additionalData,
            Nonce(RtpHeader.RtcpSenderSsrc(packet), index, _rtcpSalt));

        // The word with the index comes last, behind the tag (RFC 7714 9.1).
        BinaryPrimitives.WriteUInt32BigEndian(packet[^IndexWordLength..], indexWord);
    }

    public override uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^IndexWordLength..]);

    public override bool UnprotectRtcp(Span<byte> packet, uint index)
    {
        Span<byte> additionalData = stackalloc byte[RtpHeader.RtcpClearLength + IndexWordLength];
        WriteRtcpAdditionalData(packet, EncryptedFlag | index, additionalData);

        return _rtcp.Open(
            packet[RtpHeader.RtcpClearLength..^IndexWordLength],
            additionalData,
            Nonce(RtpHeader.RtcpSenderSsrc(packet), index, _rtcpSalt));
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    // RFC 7714 9.2: the clear header and the index word.
    private static void WriteRtcpAdditionalData(ReadOnlySpan<byte> packet, uint indexWord, Span<byte> additionalData)
    {
        packet[..RtpHeader.RtcpClearLength].CopyTo(additionalData);
        BinaryPrimitives.WriteUInt32BigEndian(additionalData[RtpHeader.RtcpClearLength..], indexWord);
    }

    // RFC 7714 8.1: two zero bytes, SSRC, the 48-bit index, xored with the salt; 9.1 is the same with an index of 31 bits.
    private static Vector128<byte> Nonce(uint ssrc, ulong index, UInt128 salt)
    {
        ulong upper = (ulong)(salt >> 64) ^ (ulong)ssrc << 16 ^ index >> 32;
        ulong lower = (ulong)salt ^ index << 32;
        return Vector128.Create(BinaryPrimitives.ReverseEndianness(upper), BinaryPrimitives.ReverseEndianness(lower)).AsByte();
    }
}
