using System.Buffers.Binary;
using System.Security.Cryptography;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

/// <summary>Vectors of the RFCs, and whole packets against the framework's ciphers.</summary>
public sealed class SrtpVectorTests
{
    [Fact]
    public void Key_derivation_matches_RFC_3711_appendix_B_3()
    {
        byte[] masterKey = Convert.FromHexString("E1F97A0D3E018BE0D64FA32C06DE4139");
        byte[] masterSalt = Convert.FromHexString("0EC675AD498AFEEBB6960B3AABE6");

        Assert.Equal("C61E7A93744F39EE10734AFE3FF7A087", Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpEncryption, 16));
        Assert.Equal("30CBBC08863D8C85D49DB34A9AE1", Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt, 14));
        Assert.Equal(
            "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCEE049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
            + "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2",
            Derive(masterKey, masterSalt, SrtpKeyDerivation.RtpAuthentication, 94));
        Assert.Equal(
            UInt128.Parse("30CBBC08863D8C85D49DB34A9AE10000", System.Globalization.NumberStyles.HexNumber),
            SrtpKeyDerivation.DeriveSalt(masterKey, masterSalt, SrtpKeyDerivation.RtpSalt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AEAD_AES_128_GCM_matches_RFC_7714_section_16_1(bool portable)
    {
        const string Plain =
            "8040F17B8041F8D35501A0B247616C6C696120657374206F6D6E69732064697669736120696E207061727465732074726573";
        const string Protected =
            "8040F17B8041F8D35501A0B2F24DE3A3FB34DE6CACBA861C9D7E4BCABE633BD50D294E6F42A5F47A51C7D19B36DE3ADF8833899D7F27BEB16A9152CF765EE4390CCE";

        using var outbound = new SrtpOutbound(Rfc7714Keys(portable));
        byte[] buffer = new byte[200];
        byte[] plain = Convert.FromHexString(Plain);
        plain.CopyTo(buffer, 0);
        int length = outbound.Protect(buffer, plain.Length, rolloverCounter: 0);
        Assert.Equal(Protected, Convert.ToHexString(buffer.AsSpan(0, length)));

        using var inbound = new SrtpInbound(Rfc7714Keys(portable));
        Assert.Equal(SrtpResult.Ok, inbound.TryUnprotect(buffer.AsSpan(0, length), out length));
        Assert.Equal(Plain, Convert.ToHexString(buffer.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AEAD_AES_128_GCM_matches_RFC_7714_section_17_1(bool portable)
    {
        const string Plain =
            "81C8000D4D6172734E5450314E545032525450200000042A0000E9304C756E61DEADBEEFDEADBEEFDEADBEEFDEADBEEFDEADBEEF";
        const string Protected =
            "81C8000D4D61727363E94885DCDAB67CA727D7662F6B7E997FF5C0F76C06F32DC676A5F1730D6FDA4CE09B4686303DED0BB9275BC84AA45896CF4D2FC5ABF87245D9EADE800005D4";

        using var outbound = new SrtpOutbound(Rfc7714Keys(portable));
        byte[] buffer = new byte[200];
        byte[] plain = Convert.FromHexString(Plain);
        plain.CopyTo(buffer, 0);
        int length = outbound.ProtectRtcp(buffer, plain.Length, index: 0x5D4);
        Assert.Equal(Protected, Convert.ToHexString(buffer.AsSpan(0, length)));

        using var inbound = new SrtpInbound(Rfc7714Keys(portable));
        Assert.Equal(SrtpResult.Ok, inbound.TryUnprotectRtcp(buffer.AsSpan(0, length), out length));
        Assert.Equal(Plain, Convert.ToHexString(buffer.AsSpan(0, length)));
    }

    [Fact]
    public void SRTCP_that_is_only_authenticated_is_refused()
    {
        // RFC 7714 section 17.3: correct, with the E flag clear.
        byte[] packet = Convert.FromHexString(
            "81C8000D4D6172734E5450314E545032525450200000042A0000E9304C756E61DEADBEEFDEADBEEFDEADBEEFDEADBEEFDEADBEEF"
            + "841DD9683DD78EC92AE58790125F62B3000005D4");
        using var inbound = new SrtpInbound(Rfc7714Keys(portable: false));

        Assert.Equal(SrtpResult.NotEncrypted, inbound.TryUnprotectRtcp(packet, out int length));
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AES_CM_packets_agree_with_the_frameworks_AES_and_HMAC(bool portable)
    {
        var random = new Random(80);
        byte[] masterKey = new byte[16];
        byte[] masterSalt = new byte[14];
        byte[] buffer = new byte[2048];

        for (int length = 12; length < 400; length++)
        {
            random.NextBytes(masterKey);
            random.NextBytes(masterSalt);
            using SrtpTransform keys = SrtpTransform.Create(
                SrtpProfile.Aes128CmHmacSha1_80, masterKey, masterSalt, CipherTests.Implementation(portable));
            using var outbound = new SrtpOutbound(keys);

            byte[] plain = new byte[length];
            random.NextBytes(plain);
            plain[0] = 0x80;
            uint rolloverCounter = (uint)random.Next();
            plain.CopyTo(buffer, 0);
            int protectedLength = outbound.Protect(buffer, length, rolloverCounter);
            Assert.Equal(
                FrameworkAesCm(masterKey, masterSalt, plain, rolloverCounter),
                buffer.AsSpan(0, protectedLength).ToArray());
        }
    }

    // RFC 3711 written down as slowly as it reads.
    private static byte[] FrameworkAesCm(byte[] masterKey, byte[] masterSalt, byte[] plain, uint rolloverCounter)
    {
        byte[] counterBlock = new byte[16];
        FrameworkDerive(masterKey, masterSalt, 2, 14).CopyTo(counterBlock, 0);

        for (int i = 0; i < 4; i++)
        {
            counterBlock[4 + i] ^= plain[8 + i];
            counterBlock[8 + i] ^= (byte)(rolloverCounter >> (24 - 8 * i));
        }

        counterBlock[12] ^= plain[2];
        counterBlock[13] ^= plain[3];

        byte[] packet = [.. plain];
        CipherTests.XorFrameworkKeyStream(FrameworkDerive(masterKey, masterSalt, 0, 16), counterBlock, packet.AsSpan(12));

        byte[] counter = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(counter, rolloverCounter);
        byte[] message = [.. packet, .. counter];
        byte[] mac = HMACSHA1.HashData(FrameworkDerive(masterKey, masterSalt, 1, 20), message);
        return [.. packet, .. mac.AsSpan(0, 10)];
    }

    private static byte[] FrameworkDerive(byte[] masterKey, byte[] masterSalt, byte label, int length)
    {
        byte[] key = new byte[length];
        byte[] counterBlock = [.. masterSalt, 0, 0];
        counterBlock[7] ^= label;
        CipherTests.XorFrameworkKeyStream(masterKey, counterBlock, key);
        return key;
    }

    private static string Derive(byte[] masterKey, byte[] masterSalt, byte label, int length)
    {
        byte[] key = new byte[length];
        SrtpKeyDerivation.Derive(masterKey, masterSalt, label, key);
        return Convert.ToHexString(key);
    }

    // The RFC gives session keys, with no derivation before them.
    private static AeadAes128GcmTransform Rfc7714Keys(bool portable)
    {
        byte[] key = Convert.FromHexString("000102030405060708090A0B0C0D0E0F");
        UInt128 salt = UInt128.Parse("517569642070726F2071756F00000000", System.Globalization.NumberStyles.HexNumber);
        CipherImplementation implementation = CipherTests.Implementation(portable);
        return new(Aes128Gcm.Create(key, implementation), salt, Aes128Gcm.Create(key, implementation), salt);
    }
}
