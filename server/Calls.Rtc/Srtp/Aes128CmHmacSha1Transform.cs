using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Srtp;

/// <summary>AES128_CM_HMAC_SHA1_80 (RFC 3711 4.1.1 and 4.2.1).</summary>
internal sealed class Aes128CmHmacSha1Transform : SrtpTransform
{
    public const int AuthenticationKeyLength = 20;

    private const int TagLength = 10;
    private const int IndexWordLength = 4;

    private readonly Aes128Ctr _rtp;
    private readonly Aes128Ctr _rtcp;
    private readonly HmacSha1Key _rtpMac;
    private readonly HmacSha1Key _rtcpMac;
    private readonly UInt128 _rtpSalt;
    private readonly UInt128 _rtcpSalt;

    private Aes128CmHmacSha1Transform(
        Aes128Ctr rtp, HmacSha1Key rtpMac, UInt128 rtpSalt, Aes128Ctr rtcp, HmacSha1Key rtcpMac, UInt128 rtcpSalt)
    {
        _rtp = rtp;
        _rtpMac = rtpMac;
        _rtpSalt = rtpSalt;
        _rtcp = rtcp;
        _rtcpMac = rtcpMac;
        _rtcpSalt = rtcpSalt;
    }

    public override int RtpOverhead => TagLength;

    public override int RtcpOverhead => IndexWordLength + TagLength;

    public static Aes128CmHmacSha1Transform Derive(
        ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, CipherImplementation implementation)
    {
        Span<byte> key = stackalloc byte[AesKeySchedule.KeyLength];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryption, key);
        var rtp = Aes128Ctr.Create(key, implementation);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpEncryption, key);
        var rtcp = Aes128Ctr.Create(key, implementation);
        CryptographicOperations.ZeroMemory(key);

        Span<byte> macKey = stackalloc byte[AuthenticationKeyLength];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpAuthentication, macKey);
        var rtpMac = new HmacSha1Key(macKey);
        SrtpKeyDerivation.Derive(masterKey, masterSalt, SrtpKeyDerivation.RtcpAuthentication, macKey);
        var rtcpMac = new HmacSha1Key(macKey);
        CryptographicOperations.ZeroMemory(macKey);

        return new(
            rtp,
            rtpMac,
            SrtpKeyDerivation.DeriveSalt(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt),
            rtcp,
            rtcpMac,
            SrtpKeyDerivation.DeriveSalt(masterKey, masterSalt, SrtpKeyDerivation.RtcpSalt));
    }

    [SkipLocalsInit]
    public override void ProtectRtp(Span<byte> packet, int headerLength, ulong index)
    {
        _rtp.Crypt(packet[headerLength..^TagLength], InitialCounter(RtpHeader.Ssrc(packet), index, _rtpSalt));

        Span<byte> mac = stackalloc byte[HmacSha1Key.MacSize];
        ComputeRtpMac(packet, index, mac);
        mac[..TagLength].CopyTo(packet[^TagLength..]);
    }

    [SkipLocalsInit]
    public override bool UnprotectRtp(Span<byte> packet, int headerLength, ulong index)
    {
        Span<byte> mac = stackalloc byte[HmacSha1Key.MacSize];
        ComputeRtpMac(packet, index, mac);

        if (!CryptographicOperations.FixedTimeEquals(mac[..TagLength], packet[^TagLength..]))
        {
            return false;
        }

        _rtp.Crypt(packet[headerLength..^TagLength], InitialCounter(RtpHeader.Ssrc(packet), index, _rtpSalt));
        return true;
    }

    [SkipLocalsInit]
    public override void ProtectRtcp(Span<byte> packet, uint index)
    {
        _rtcp.Crypt(
            packet[RtpHeader.RtcpClearLength..^RtcpOverhead], InitialCounter(RtpHeader.RtcpSenderSsrc(packet), index, _rtcpSalt));
        BinaryPrimitives.WriteUInt32BigEndian(packet[^RtcpOverhead..], EncryptedFlag | index);

        Span<byte> mac = stackalloc byte[HmacSha1Key.MacSize];
        _rtcpMac.Compute(packet[..^TagLength], mac);
        mac[..TagLength].CopyTo(packet[^TagLength..]);
    }

    public override uint ReadRtcpIndexWord(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpOverhead..]);

    [SkipLocalsInit]
    public override bool UnprotectRtcp(Span<byte> packet, uint index)
    {
        Span<byte> mac = stackalloc byte[HmacSha1Key.MacSize];
        _rtcpMac.Compute(packet[..^TagLength], mac);

        if (!CryptographicOperations.FixedTimeEquals(mac[..TagLength], packet[^TagLength..]))
        {
            return false;
        }

        _rtcp.Crypt(
            packet[RtpHeader.RtcpClearLength..^RtcpOverhead], InitialCounter(RtpHeader.RtcpSenderSsrc(packet), index, _rtcpSalt));
        return true;
    }

    public override void Dispose()
    {
        _rtp.Dispose();
        _rtcp.Dispose();
    }

    /// <summary>RFC 3711 4.1.1: SSRC * 2^64 xor index * 2^16 xor salt * 2^16; the same with the 31-bit index for SRTCP.</summary>
    internal static Vector128<byte> InitialCounter(uint ssrc, ulong index, UInt128 salt)
    {
        ulong upper = (ulong)(salt >> 64) ^ ssrc;
        ulong lower = (ulong)salt ^ index << 16;
        return Vector128.Create(BinaryPrimitives.ReverseEndianness(upper), BinaryPrimitives.ReverseEndianness(lower)).AsByte();
    }

    // RFC 3711 4.2: the packet up to the tag, then the rollover counter.
    private void ComputeRtpMac(ReadOnlySpan<byte> packet, ulong index, Span<byte> mac)
    {
        Span<byte> rolloverCounter = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(rolloverCounter, (uint)(index >> 16));
        _rtpMac.Compute(packet[..^TagLength], rolloverCounter, mac);
    }
}
