using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Ice;

namespace Calls.Rtc.Tests.Ice;

public sealed class CandidateAddressesTests
{
    [Fact]
    public void Without_overrides_every_local_address_but_loopback_is_offered_once_per_transport()
    {
        Assert.Equal(
            ["udp 10.0.0.2 8443", "udp 10.0.0.3 8443", "tcp 10.0.0.2 8443", "tcp 10.0.0.3 8443"],
            Build(["127.0.0.1", "10.0.0.2", "10.0.0.3"], withTcp: true));
    }

    [Fact]
    public void Loopback_is_offered_where_it_is_all_there_is()
    {
        Assert.Equal(["udp 127.0.0.1 8443"], Build(["127.0.0.1"]));
    }

    [Fact]
    public void Priorities_are_unique_and_prefer_ipv6_and_udp()
    {
        IReadOnlyList<IceCandidate> candidates = CandidateAddresses.Build(Sources(["10.0.0.2", "2001:db8::2", "10.0.0.3"], withTcp: true));

        Assert.Equal(6, candidates.Select(candidate => candidate.Priority).Distinct().Count());
        Assert.Equal(candidates.OrderByDescending(candidate => candidate.Priority), candidates);
        Assert.Equal("2001:db8::2", candidates[0].Host);
        Assert.Equal((2130706431u, 1671430143u), (candidates[0].Priority, candidates[3].Priority));
        Assert.All(candidates, candidate => Assert.Equal(1, candidate.Component));
        Assert.All(candidates, candidate => Assert.Equal(candidate.IsTcp ? IceTcpType.Passive : IceTcpType.None, candidate.TcpType));
        Assert.Equal(6, candidates.Select(candidate => candidate.Foundation).Distinct().Count());
    }

    [Fact]
    public void An_override_hides_every_local_address_of_its_family()
    {
        Assert.Equal(
            ["udp 203.0.113.7 8443", "tcp 203.0.113.7 8443"],
            Build(["127.0.0.1", "10.0.0.2", "10.0.0.3"], withTcp: true, hostOverride: "203.0.113.7", resolved: "203.0.113.7"));
    }

    [Fact]
    public void An_override_replaces_a_lone_loopback_address()
    {
        Assert.Equal(["udp 203.0.113.7 8443"], Build(["127.0.0.1"], hostOverride: "203.0.113.7", resolved: "203.0.113.7"));
    }

    [Fact]
    public void An_ipv4_override_leaves_ipv6_addresses_as_they_are()
    {
        Assert.Equal(
            ["udp 2001:db8::2 8443", "udp 203.0.113.7 8443"],
            Build(["2001:db8::2", "10.0.0.2"], hostOverride: "203.0.113.7", resolved: "203.0.113.7"));
    }

    [Fact]
    public void Mappings_replace_their_address_and_leave_the_others()
    {
        Assert.Equal(
            ["udp 203.0.113.7 8443", "udp 203.0.113.8 8443", "udp 10.0.0.4 8443"],
            Build(["10.0.0.2", "10.0.0.3", "10.0.0.4"], hostOverride: "203.0.113.7/10.0.0.2,203.0.113.8/10.0.0.3"));
    }

    [Fact]
    public void Two_local_addresses_behind_one_external_address_are_one_candidate()
    {
        Assert.Equal(
            ["udp 203.0.113.7 8443"], Build(["10.0.0.2", "10.0.0.3"], hostOverride: "203.0.113.7/10.0.0.2,203.0.113.7/10.0.0.3"));
    }

    [Fact]
    public void The_port_override_applies_to_an_address_and_to_a_host_name()
    {
        Assert.Equal(
            ["udp 203.0.113.7 30443", "tcp 203.0.113.7 30443"],
            Build(["10.0.0.2"], withTcp: true, hostOverride: "203.0.113.7", resolved: "203.0.113.7", port: 30443));
        Assert.Equal(
            ["udp 203.0.113.7 30443"], Build(["10.0.0.2"], hostOverride: "calls.example.com", resolved: "203.0.113.7", port: 30443));
    }

    [Fact]
    public void The_port_override_spares_addresses_that_are_not_external()
    {
        Assert.Equal(["udp 10.0.0.2 8443"], Build(["10.0.0.2"], port: 30443));
        Assert.Equal(
            ["udp 203.0.113.7 30443", "udp 10.0.0.3 8443", "udp 10.0.0.4 8443"],
            Build(["10.0.0.2", "10.0.0.3", "10.0.0.4"], hostOverride: "203.0.113.7/10.0.0.2,10.0.0.3/10.0.0.3", port: 30443));
    }

    [Fact]
    public void A_discovered_address_replaces_the_local_one_and_takes_the_port_override()
    {
        var discovered = new Dictionary<IPAddress, IPAddress> { [IPAddress.Parse("10.0.0.2")] = IPAddress.Parse("203.0.113.7") };
        CandidateSources sources = Sources(["10.0.0.2", "10.0.0.3"]) with { DiscoveredAddresses = discovered, PortOverride = 30443 };

        Assert.Equal(["udp 203.0.113.7 30443", "udp 10.0.0.3 8443"], Show(CandidateAddresses.Build(sources)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("203.0.113.7/")]
    [InlineData("203.0.113.7/10.0.0.2/10.0.0.3")]
    [InlineData("203.0.113.7/10.0.0.2,")]
    [InlineData("calls.example.com/10.0.0.2")]
    public void A_host_override_that_is_no_list_of_address_pairs_is_refused(string text)
    {
        Assert.False(IceHostOverride.TryParse(text, out _));
    }

    [Fact]
    public async Task A_host_name_is_resolved_to_its_first_usable_address()
    {
        Assert.True(IceHostOverride.TryParse("calls.example.com", out IceHostOverride? hostOverride));
        IPAddress[] found = [IPAddress.Parse("2001:db8::7"), IPAddress.Parse("203.0.113.7")];

        Assert.Equal(found[1], await hostOverride.ResolveAsync((_, _) => Task.FromResult(found), allowIPv6: false, TimeProvider.System));
        Assert.Equal(found[0], await hostOverride.ResolveAsync((_, _) => Task.FromResult(found), allowIPv6: true, TimeProvider.System));
    }

    [Fact]
    public async Task A_literal_or_a_list_needs_no_resolver()
    {
        Assert.True(IceHostOverride.TryParse("203.0.113.7", out IceHostOverride? literal));
        Assert.True(IceHostOverride.TryParse("203.0.113.7/10.0.0.2", out IceHostOverride? list));

        Assert.Equal(IPAddress.Parse("203.0.113.7"), await literal.ResolveAsync(Unreachable, false, TimeProvider.System));
        Assert.Null(await list.ResolveAsync(Unreachable, false, TimeProvider.System));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_names_the_reason()
    {
        Assert.True(IceHostOverride.TryParse("calls.example.com", out IceHostOverride? hostOverride));

        RtcException failed = await Assert.ThrowsAsync<RtcException>(
            () => hostOverride.ResolveAsync((_, _) => throw new SocketException((int)SocketError.HostNotFound), false, TimeProvider.System));
        RtcException empty = await Assert.ThrowsAsync<RtcException>(
            () => hostOverride.ResolveAsync((_, _) => Task.FromResult(Array.Empty<IPAddress>()), false, TimeProvider.System));

        const string Prefix = "failed to init setting engine: failed to generate addresses pairs: failed to resolve host: ";
        Assert.StartsWith(Prefix, failed.Message, StringComparison.Ordinal);
        Assert.StartsWith(Prefix, empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_override_is_a_number_or_the_entry_of_the_first_local_address_found()
    {
        Assert.True(IceHostPortOverride.TryParse("30443", out IceHostPortOverride? number, out _));
        Assert.True(IceHostPortOverride.TryParse("10.0.0.2/31000, 10.0.0.3/31001", out IceHostPortOverride? list, out _));

        Assert.Equal(30443, number.PortFor([]));
        Assert.Equal(31001, list.PortFor([IPAddress.Loopback, IPAddress.Parse("10.0.0.3"), IPAddress.Parse("10.0.0.2")]));
        Assert.Null(list.PortFor([IPAddress.Loopback]));
    }

    [Theory]
    [InlineData("79", "invalid ICEHostPortOverride value: 79 is not in allowed range [80, 49151]")]
    [InlineData("10.0.0.2/49152", "invalid ICEHostPortOverride value: 49152 is not in allowed range [80, 49151]")]
    [InlineData("10.0.0.2/", "failed to parse port number: ")]
    [InlineData("foo/80", "failed to parse mapping: invalid map pairing syntax")]
    [InlineData("10.0.0.2/80/81", "failed to parse mapping: invalid map pairing syntax")]
    [InlineData("10.0.0.2/80,10.0.0.2/81", "duplicate mapping found for 10.0.0.2")]
    [InlineData("10.0.0.2/80,10.0.0.3/80", "duplicate port found for 80")]
    public void A_bad_port_override_says_what_is_wrong(string text, string expected)
    {
        Assert.False(IceHostPortOverride.TryParse(text, out _, out string? error));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    private static Task<IPAddress[]> Unreachable(string host, CancellationToken cancellation) =>
        throw new InvalidOperationException($"{host} needs no look-up");

    private static string[] Build(
        string[] local, bool withTcp = false, string? hostOverride = null, string? resolved = null, int? port = null)
    {
        IceHostOverride? parsed = null;
        Assert.True(hostOverride is null || IceHostOverride.TryParse(hostOverride, out parsed));
        return Show(CandidateAddresses.Build(Sources(local, withTcp) with
        {
            HostOverride = parsed,
            OverrideAddress = resolved is null ? null : IPAddress.Parse(resolved),
            PortOverride = port,
        }));
    }

    private static CandidateSources Sources(string[] local, bool withTcp = false)
    {
        IPAddress[] addresses = [.. local.Select(IPAddress.Parse)];
        return new()
        {
            UdpAddresses = addresses,
            UdpPort = 8443,
            TcpAddresses = withTcp ? addresses : [],
            TcpPort = 8443,
        };
    }

    private static string[] Show(IReadOnlyList<IceCandidate> candidates) =>
        [.. candidates.Select(candidate => $"{(candidate.IsTcp ? "tcp" : "udp")} {candidate.Host} {candidate.Port}")];
}
