using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class LocalAddressesTests
{
    private static readonly IPAddress[] Interfaces =
    [
        IPAddress.Loopback,
        IPAddress.IPv6Loopback,
        IPAddress.Parse("10.0.0.2"),
        IPAddress.Parse("10.0.0.3"),
        IPAddress.Parse("fe80::1"),
        IPAddress.Parse("fd00::2"),
        IPAddress.Parse("2001:db8::2"),
        IPAddress.Parse("10.0.0.2"),
    ];

    [Fact]
    public void Without_ipv6_every_ipv4_address_is_used_and_loopback_comes_last()
    {
        Assert.Equal(["10.0.0.2", "10.0.0.3", "127.0.0.1"], Select([], enableIPv6: false));
    }

    [Fact]
    public void With_ipv6_global_and_unique_local_addresses_come_first()
    {
        Assert.Equal(["fd00::2", "2001:db8::2", "10.0.0.2", "10.0.0.3", "127.0.0.1"], Select([], enableIPv6: true));
    }

    [Fact]
    public void Configured_addresses_restrict_the_choice()
    {
        Assert.Equal(["10.0.0.3"], Select(["10.0.0.3", "10.9.9.9"], enableIPv6: true));
        Assert.Empty(Select(["10.9.9.9"], enableIPv6: true));
    }

    [Fact]
    public void A_wildcard_means_no_restriction()
    {
        Assert.Equal(Select([], enableIPv6: false), Select(["0.0.0.0"], enableIPv6: false));
        Assert.Equal(Select([], enableIPv6: true), Select(["::"], enableIPv6: true));
    }

    private static string[] Select(string[] configured, bool enableIPv6) =>
        [.. LocalAddresses.Select(Interfaces, [.. configured.Select(IPAddress.Parse)], enableIPv6).Select(address => address.ToString())];
}
