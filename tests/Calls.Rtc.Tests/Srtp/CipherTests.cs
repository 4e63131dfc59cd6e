using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

public sealed class CipherTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 290), 511, 512, 513, 767, 1000, 1184, 1199, 1200, 1201, 1500];

    [Fact]
    public void This_machine_uses_the_instructions_it_has() =>
        Assert.Equal(
            X64AesRounds.IsSupported && X64CarrylessMultiply.IsSupported ? CipherImplementation.X64 : CipherImplementation.Portable,
            Ciphers.Default);

    [Fact]
    public void Key_expansion_and_block_encryption_match_FIPS_197_appendix_C_1()
    {
        byte[] key = Convert.FromHexString("000102030405060708090A0B0C0D0E0F");
        byte[] roundKeys = new byte[AesKeySchedule.Length];
        AesKeySchedule.Expand(key, roundKeys);
        Vector128<byte> plain = Vector128.Create(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"));

        Assert.Equal("13111D7FE3944A17F307A78B4D2B30C5", Convert.ToHexString(roundKeys.AsSpan(160)));
        Assert.Equal("69C4E0D86A7B0430D8CDB78070B4C55A", Hex(AesKeySchedule.Encrypt<PortableAesRounds>(roundKeys, plain)));

        if (X64AesRounds.IsSupported)
        {
            Assert.Equal("69C4E0D86A7B0430D8CDB78070B4C55A", Hex(AesKeySchedule.Encrypt<X64AesRounds>(roundKeys, plain)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_AES_CM_key_stream_matches_RFC_3711_appendix_B_2(bool portable)
    {
        using var cipher = Aes128Ctr.Create(Convert.FromHexString("2B7E151628AED2A6ABF7158809CF4F3C"), Implementation(portable));
        UInt128 salt = UInt128.Parse("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", System.Globalization.NumberStyles.HexNumber);
        byte[] keyStream = new byte[0xFF02 * 16];
        cipher.Crypt(keyStream, Aes128CmHmacSha1Transform.InitialCounter(ssrc: 0, index: 0, salt));

        Assert.Equal(
            "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0",
            Convert.ToHexString(keyStream.AsSpan(0, 48)));
        Assert.Equal(
            "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44",
            Convert.ToHexString(keyStream.AsSpan(0xFEFF * 16, 48)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GCM_agrees_with_the_framework_for_many_lengths(bool portable)
    {
        var random = new Random(7714);
        byte[] key = new byte[16];
        byte[] nonce = new byte[16];

        foreach (int length in Lengths)
        {
            random.NextBytes(key);
            random.NextBytes(nonce.AsSpan(0, 12));
            byte[] additionalData = new byte[length % 7 == 0 ? random.Next(700) : 12 + 4 * random.Next(20)];
            random.NextBytes(additionalData);
            byte[] plain = new byte[length];
            random.NextBytes(plain);

            byte[] expected = new byte[length + 16];
            using (var framework = new AesGcm(key, 16))
            {
                framework.Encrypt(nonce.AsSpan(0, 12), plain, expected.AsSpan(0, length), expected.AsSpan(length), additionalData);
            }

            // Bytes around the data must stay as they are.
            byte[] buffer = new byte[length + 16 + 2];
            buffer.AsSpan().Fill(0xA5);
            Span<byte> data = buffer.AsSpan(1, length + 16);
            plain.CopyTo(data);
            using var cipher = Aes128Gcm.Create(key, Implementation(portable));
            cipher.Seal(data, additionalData, Vector128.Create(nonce));
            Assert.True(data.SequenceEqual(expected), $"Seal, {length} bytes, {additionalData.Length} additional");

            Assert.True(cipher.Open(data, additionalData, Vector128.Create(nonce)), $"Open, {length} bytes");
            Assert.True(data[..length].SequenceEqual(plain));
            Assert.Equal(0xA5, buffer[0]);
            Assert.Equal(0xA5, buffer[^1]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_changed_bit_anywhere_fails_authentication_and_leaves_the_ciphertext_alone(bool portable)
    {
        using var cipher = Aes128Gcm.Create(new byte[16], Implementation(portable));
        byte[] additionalData = new byte[20];
        byte[] sealedData = new byte[50 + 16];
        cipher.Seal(sealedData, additionalData, Vector128<byte>.Zero);

        for (int bit = 0; bit < sealedData.Length * 8; bit++)
        {
            byte[] changed = [.. sealedData];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            byte[] before = [.. changed];
            Assert.False(cipher.Open(changed, additionalData, Vector128<byte>.Zero));
            Assert.Equal(before, changed);
        }

        for (int bit = 0; bit < additionalData.Length * 8; bit++)
        {
            byte[] changed = [.. additionalData];
            changed[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(cipher.Open(sealedData, changed, Vector128<byte>.Zero));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Counter_mode_agrees_with_the_framework_for_many_lengths(bool portable)
    {
        var random = new Random(3711);
        byte[] key = new byte[16];
        byte[] counterBlock = new byte[16];

        foreach (int length in Lengths)
        {
            random.NextBytes(key);
            random.NextBytes(counterBlock.AsSpan(0, 14));
            byte[] buffer = new byte[length + 2];
            random.NextBytes(buffer);
            byte[] expected = [.. buffer];
            XorFrameworkKeyStream(key, counterBlock, expected.AsSpan(1, length));

            using var cipher = Aes128Ctr.Create(key, Implementation(portable));
            cipher.Crypt(buffer.AsSpan(1, length), Vector128.Create(counterBlock));
            Assert.True(expected.AsSpan().SequenceEqual(buffer), $"{length} bytes");
        }
    }

    [Fact]
    public void Carry_less_multiplication_agrees_with_the_instruction()
    {
        if (!X64CarrylessMultiply.IsSupported)
        {
            return;
        }

        var random = new Random(1);

        for (int i = 0; i < 1000; i++)
        {
            Vector128<ulong> a = Vector128.Create((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64());
            Vector128<ulong> b = Vector128.Create((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64());
            Assert.Equal(X64CarrylessMultiply.Lower(a, b), PortableCarrylessMultiply.Lower(a, b));
            Assert.Equal(X64CarrylessMultiply.Upper(a, b), PortableCarrylessMultiply.Upper(a, b));
            Assert.Equal(X64CarrylessMultiply.UpperLower(a, b), PortableCarrylessMultiply.UpperLower(a, b));
        }
    }

    internal static void XorFrameworkKeyStream(byte[] key, byte[] counterBlock, Span<byte> data)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        byte[] counter = [.. counterBlock];

        for (int i = 0; i < data.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(counter.AsSpan(14), (ushort)(i / 16));
            byte[]? keyStream = i % 16 == 0 ? aes.EncryptEcb(counter, PaddingMode.None) : null;

            for (int j = 0; keyStream is not null && j < 16 && i + j < data.Length; j++)
            {
                data[i + j] ^= keyStream[j];
            }
        }
    }

    internal static CipherImplementation Implementation(bool portable) => portable ? CipherImplementation.Portable : Ciphers.Default;

    private static string Hex(Vector128<byte> value)
    {
        byte[] bytes = new byte[16];
        value.CopyTo(bytes);
        return Convert.ToHexString(bytes);
    }
}
