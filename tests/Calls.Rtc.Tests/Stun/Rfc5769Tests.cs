using System.Net;
using System.Security.Cryptography;
using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Stun;

/// <summary>The test vectors of RFC 5769.</summary>
public sealed class Rfc5769Tests
{
    private const string Password = "VOkJxbRl1RmTxUk/WvJxBt";

    private static readonly HmacSha1Key Key = new(Encoding.ASCII.GetBytes(Password));

    // Section 2.1.
    private static readonly byte[] Request = Convert.FromHexString(
        "000100582112A442B7E7A701BC34D686FA87DFAE"
        + "802200105354554E207465737420636C69656E74"
        + "002400046E0001FF"
        + "80290008932FF9B151263B36"
        + "000600096576746A3A68367659202020"
        + "000800149AEAA70CBFD8CB56781EF2B5B2D3F249C1B571A2"
        + "80280004E57A3BCF");

    // Section 2.2.
    private static readonly byte[] IPv4Response = Convert.FromHexString(
        "0101003C2112A442B7E7A701BC34D686FA87DFAE"
        + "8022000B7465737420766563746F7220"
        + "002000080001A147E112A643"
        + "000800142B91F599FD9E90C38C7489F92AF9BA53F06BE7D7"
        + "80280004C07D4C96");

    // Section 2.3.
    private static readonly byte[] IPv6Response = Convert.FromHexString(
        "010100482112A442B7E7A701BC34D686FA87DFAE"
        + "8022000B7465737420766563746F7220"
        + "002000140002A1470113A9FAA5D3F179BC25F4B5BED2B9D9"
        + "00080014A382954E4BE67BF11784C97C8292C275BFE3ED41"
        + "80280004C8FB0B4C");

    // Section 2.4.
    private static readonly byte[] LongTermRequest = Convert.FromHexString(
        "000100602112A44278AD3433C6AD72C029DA412E"
        + "00060012E3839EE38388E383AAE38383E382AFE382B90000"
        + "0015001C662F2F3439396B39353464364F4C33346F4C394653547679363473410014000B6578616D706C652E6F726700"
        + "00080014F67024656DD64A3E02B8E0712E85C9A28CA89666");

    [Fact]
    public void The_sample_request_is_read_and_verified()
    {
        Assert.True(StunMessageView.TryParse(Request, out StunMessageView message));

        Assert.Equal(StunMessageType.BindingRequest, message.Type);
        Assert.Equal("evtj:h6vY", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(0x6E0001FFu, message.Priority);
        Assert.True(message.IsControlled);
        Assert.False(message.IsControlling);
        Assert.Equal(0x932FF9B151263B36u, message.TieBreaker);
        Assert.Equal(0, message.UnknownRequiredCount);
        Assert.True(message.HasIntegrity(Key));
        Assert.True(message.ContainsFingerprint);
        Assert.True(message.HasValidFingerprint());
    }

    [Fact]
    public void The_sample_responses_carry_their_mapped_addresses()
    {
        Assert.True(StunMessageView.TryParse(IPv4Response, out StunMessageView ipv4));
        Assert.True(StunMessageView.TryParse(IPv6Response, out StunMessageView ipv6));

        Assert.True(ipv4.TryGetMappedAddress(out TransportAddress ipv4Address));
        Assert.True(ipv6.TryGetMappedAddress(out TransportAddress ipv6Address));
        Assert.Equal(IPEndPoint.Parse("192.0.2.1:32853"), ipv4Address.ToEndPoint());
        Assert.Equal(IPEndPoint.Parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"), ipv6Address.ToEndPoint());
        Assert.True(ipv4.HasIntegrity(Key) && ipv4.HasValidFingerprint());
        Assert.True(ipv6.HasIntegrity(Key) && ipv6.HasValidFingerprint());
    }

    [Fact]
    public void The_long_term_request_is_verified_with_the_hashed_key()
    {
        byte[] key = MD5.HashData(Encoding.UTF8.GetBytes("マトリックス:example.org:TheMatrIX"));

        Assert.True(StunMessageView.TryParse(LongTermRequest, out StunMessageView message));

        Assert.True(message.HasIntegrity(new HmacSha1Key(key)));
        Assert.False(message.HasIntegrity(Key));
    }
}
