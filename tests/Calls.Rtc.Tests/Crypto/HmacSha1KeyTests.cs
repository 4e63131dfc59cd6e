using System.Security.Cryptography;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Tests.Crypto;

public sealed class HmacSha1KeyTests
{
    // RFC 2202, section 3: test cases 1, 2, 3, 6 (key longer than a block).
    [Theory]
    [InlineData("0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B", "4869205468657265", "B617318655057264E28BC0B6FB378C8EF146BE00")]
    [InlineData("4A656665", "7768617420646F2079612077616E7420666F72206E6F7468696E673F", "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79")]
    [InlineData(
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
        "125D7342B9AC11CD91A39AF48AA17B4F63F175D3")]
    [InlineData(
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "54657374205573696E67204C6172676572205468616E20426C6F636B2D53697A65204B6579202D2048617368204B6579204669727374",
        "AA4AE5E15272D00E95705637CE8A3B55ED402112")]
    public void Published_examples_give_their_mac(string key, string message, string expected)
    {
        byte[] mac = new byte[HmacSha1Key.MacSize];

        new HmacSha1Key(Convert.FromHexString(key)).Compute(Convert.FromHexString(message), mac);

        Assert.Equal(expected, Convert.ToHexString(mac));
    }

    [Fact]
    public void A_message_cut_in_two_gives_the_mac_of_the_whole()
    {
        byte[] message = new byte[200];
        new Random(2).NextBytes(message);
        byte[] key = new byte[20];
        new Random(3).NextBytes(key);
        var hmac = new HmacSha1Key(key);
        byte[] expected = HMACSHA1.HashData(key, message);
        byte[] mac = new byte[HmacSha1Key.MacSize];
        for (int cut = 0; cut <= message.Length; cut++)
        {
            hmac.Compute(message.AsSpan(0, cut), message.AsSpan(cut), mac);

            Assert.Equal(expected, mac);
        }
    }

    [Fact]
    public void Computing_a_mac_allocates_nothing()
    {
        var hmac = new HmacSha1Key([1, 2, 3]);
        byte[] message = new byte[190];
        byte[] mac = new byte[HmacSha1Key.MacSize];
        hmac.Compute(message, [1, 2, 3, 4], mac);

        long before = GC.GetAllocatedBytesForCurrentThread();
        hmac.Compute(message, [1, 2, 3, 4], mac);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
