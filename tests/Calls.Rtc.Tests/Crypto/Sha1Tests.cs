using System.Text;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Tests.Crypto;

public sealed class Sha1Tests
{
    // FIPS 180-4 examples (NIST "SHA1.pdf").
    [Theory]
    [InlineData("", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")]
    [InlineData("abc", "A9993E364706816ABA3E25717850C26C9CD0D89D")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983E441C3BD26EBAAE4AA1F95129E5E54670F1")]
    public void Published_examples_give_their_digest(string message, string expected)
    {
        byte[] digest = new byte[Sha1.DigestSize];

        Sha1.Hash(Encoding.ASCII.GetBytes(message), digest);

        Assert.Equal(expected, Convert.ToHexString(digest));
    }

    [Fact]
    public void Every_length_up_to_300_bytes_agrees_with_the_framework()
    {
        byte[] data = new byte[300];
        new Random(1).NextBytes(data);
        byte[] digest = new byte[Sha1.DigestSize];
        for (int length = 0; length <= data.Length; length++)
        {
            Sha1.Hash(data.AsSpan(0, length), digest);

            Assert.Equal(System.Security.Cryptography.SHA1.HashData(data.AsSpan(0, length)), digest);
        }
    }

    [Fact]
    public void The_native_and_the_managed_block_function_agree()
    {
        byte[] blocks = new byte[5 * Sha1.BlockSize];
        new Random(6).NextBytes(blocks);
        Sha1State managed = Sha1State.Initial;
        Sha1State native = Sha1State.Initial;

        Sha1.TransformManaged(ref managed, blocks);
        Sha1.Transform(ref native, blocks);

        Assert.Equal(managed, native);
        Assert.NotEqual(Sha1State.Initial, managed);
    }
}
