using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class LocalAddressesTests
{
    private static readonly InterfaceAddress[] Interfaces =
    [
        new(IPAddress.Loopback, "lo"),
        new(IPAddress.IPv6Loopback, "lo"),
        new(IPAddress.Parse("10.0.0.2"), "eth0"),
        new(IPAddress.Parse("10.0.0.3"), "eth1"),
        new(IPAddress.Parse("169.254.7.7"), "eth1"),
        new(IPAddress.Parse("fe80::1"), "eth0"),
        new(IPAddress.Parse("fd00::2"), "eth0"),
        new(IPAddress.Parse("2001:db8::2"), "eth0"),
        new(IPAddress.Parse("172.17.0.1"), "docker0"),
        new(IPAddress.Parse("fd17::1"), "docker0"),
        new(IPAddress.Parse("172.18.0.1"), "br-0123456789ab"),
        new(IPAddress.Parse("10.0.0.2"), "eth0:1"),
        new(IPAddress.Any, "odd"),
        new(IPAddress.IPv6Any, "odd"),
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

    [Theory]
    [InlineData("172.17.0.1")]
    [InlineData("169.254.7.7")]
    [InlineData("127.0.0.1")]
    [InlineData("fd17::1")]
    [InlineData("::1")]
    public void Container_link_local_and_loopback_addresses_are_served_when_they_are_configured(string address)
    {
        Assert.Equal([address], Select([address], enableIPv6: true));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("fe80::1")]
    public void An_address_that_nobody_can_send_to_is_not_served_even_when_it_is_configured(string address)
    {
        Assert.DoesNotContain(address, Select([address, "10.0.0.2"], enableIPv6: true));
    }

    [Theory]
    [InlineData("docker0", true)]
    [InlineData("docker_gwbridge", true)]
    [InlineData("br-0123456789ab", true)]
    [InlineData("virbr0", true)]
    [InlineData("cni-podman0", true)]
    [InlineData("br-lan", false)]
    [InlineData("vmbr0", false)]
    [InlineData("eth0", false)]
    public void Container_networks_are_known_by_their_names(string name, bool isBridge)
    {
        Assert.Equal(isBridge, new InterfaceAddress(IPAddress.Loopback, name).IsContainerBridge);
        Assert.False(new InterfaceAddress(IPAddress.Loopback, name, HasGateway: true).IsContainerBridge);
    }

    [Fact]
    public void The_interface_with_the_default_route_comes_first_of_its_family()
    {
        InterfaceAddress[] interfaces = [new(IPAddress.Parse("10.0.0.2"), "eth0"), new(IPAddress.Parse("10.1.0.2"), "eth1", HasGateway: true)];

        Assert.Equal(["10.1.0.2", "10.0.0.2"], LocalAddresses.Select(interfaces, [], enableIPv6: false).Select(address => address.ToString()));
    }

    [Fact]
    public void More_addresses_than_the_cap_are_served_only_if_they_are_configured()
    {
        InterfaceAddress[] many = [.. Enumerable.Range(1, 40).Select(i => new InterfaceAddress(IPAddress.Parse($"10.0.1.{i}"), "eth0"))];

        Assert.Equal(LocalAddresses.MaxUnasked, LocalAddresses.Select(many, [], enableIPv6: false).Count);
        Assert.Equal(40, LocalAddresses.Select(many, [.. many.Select(entry => entry.Address)], enableIPv6: false).Count);
    }

    [Fact]
    public void Either_list_restricts_both_transports()
    {
        Assert.Equal("udp 10.0.0.2, tcp 10.0.0.2", Choose(["10.0.0.2"], []));
        Assert.Equal("udp 10.0.0.3, tcp 10.0.0.3", Choose([], ["10.0.0.3"]));
        Assert.Equal("udp 10.0.0.2, tcp 10.0.0.3", Choose(["10.0.0.2"], ["10.0.0.3"]));
        Assert.Equal("udp 10.0.0.2 10.0.0.3 127.0.0.1, tcp 10.0.0.2 10.0.0.3 127.0.0.1", Choose(["0.0.0.0"], ["0.0.0.0"]));
        Assert.Equal("udp 10.0.0.2, tcp ", Choose(["10.0.0.2"], ["10.9.9.9"]));
    }

    [Fact]
    public void A_wildcard_means_no_restriction()
    {
        Assert.Equal(Select([], enableIPv6: false), Select(["0.0.0.0"], enableIPv6: false));
        Assert.Equal(Select([], enableIPv6: true), Select(["::"], enableIPv6: true));
    }

    private static string Choose(string[] udp, string[] tcp)
    {
        var chosen = LocalAddresses.Choose(Interfaces, [.. udp.Select(IPAddress.Parse)], [.. tcp.Select(IPAddress.Parse)], enableIPv6: false);
        return $"udp {string.Join(' ', chosen.Udp)}, tcp {string.Join(' ', chosen.Tcp)}";
    }

    private static string[] Select(string[] configured, bool enableIPv6) =>
        [.. LocalAddresses.Select(Interfaces, [.. configured.Select(IPAddress.Parse)], enableIPv6).Select(address => address.ToString())];
}
