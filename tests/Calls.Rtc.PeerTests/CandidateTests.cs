using System.Net;
using Calls.Rtc.Ice;

namespace Calls.Rtc.PeerTests;

/// <summary>Which addresses clients are told (media.md 1.6).</summary>
public sealed class CandidateTests
{
    [Fact]
    [Trait("Spec", "media-7")]
    public void An_override_takes_the_place_of_the_one_local_address_everywhere()
    {
        IReadOnlyList<string> said = Negotiate(static options => options with { IceHostOverride = "203.0.113.7" });

        Assert.All(said.SelectMany(Candidates), static candidate => Assert.Equal(("203.0.113.7", "8443"), candidate));
        Assert.All(said, static json => Assert.DoesNotContain("192.0.2.", json, StringComparison.Ordinal));
        Assert.All(said, static json => Assert.NotEmpty(Candidates(json)));
    }

    [Fact]
    [Trait("Spec", "media-8")]
    public void Each_local_address_is_advertised_as_its_external_one()
    {
        IReadOnlyList<string> said = Negotiate(static options => options with
        {
            ListenAddresses = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.3")],
            IceHostOverride = "203.0.113.7/10.0.0.2,203.0.113.8/10.0.0.3",
        });

        Assert.Equal(["203.0.113.7", "203.0.113.8"], said.SelectMany(Candidates).Select(static candidate => candidate.Address).Distinct().Order());
        Assert.All(said, static json => Assert.DoesNotContain("10.0.0.", json, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("localhost")] // a name
    [Trait("Spec", "media-9")]
    [Trait("Spec", "media-10")]
    public void An_overridden_port_shows_in_messages_and_in_later_descriptions(string host)
    {
        IReadOnlyList<string> said = Negotiate(options => options with { IceHostOverride = host, IceHostPortOverride = 30443 });

        Assert.Contains(said, static json => json.Contains("\"candidate\":{", StringComparison.Ordinal));
        Assert.Equal(2, said.Count(static json => json.Contains("\"answer\"", StringComparison.Ordinal)));
        Assert.All(said, static json => Assert.NotEmpty(Candidates(json)));
        Assert.All(said.SelectMany(Candidates), static candidate => Assert.Equal("30443", candidate.Port));
    }

    [Fact]
    [Trait("Spec", "media-5")]
    public void Without_configured_addresses_each_ipv4_address_is_advertised_once_per_transport()
    {
        IReadOnlyList<string> said = Negotiate(static options => OnMachine(options));

        Assert.All(
            said.Where(static json => json.Contains("\"answer\"", StringComparison.Ordinal)),
            static json => Assert.Equal(["tcp 10.0.0.2:8443", "tcp 10.1.0.2:8443", "udp 10.0.0.2:8443", "udp 10.1.0.2:8443"], Transports(json).Order()));
        Assert.Equal(
            ["tcp 10.0.0.2:8443", "tcp 10.1.0.2:8443", "udp 10.0.0.2:8443", "udp 10.1.0.2:8443"],
            said.Where(static json => json.Contains("\"candidate\":{", StringComparison.Ordinal)).SelectMany(Transports).Order());
    }

    [Fact]
    [Trait("Spec", "media-6")]
    public void With_ipv6_both_families_are_advertised_over_both_transports_with_distinct_priorities()
    {
        IReadOnlyList<string> said = Negotiate(static options => OnMachine(options) with { EnableIPv6 = true });

        string answer = said.First(static json => json.Contains("\"answer\"", StringComparison.Ordinal));
        Assert.Equal(
            [
                "udp [2001:db8::2]:8443", "udp 10.0.0.2:8443", "udp 10.1.0.2:8443", "tcp [2001:db8::2]:8443", "tcp 10.0.0.2:8443", "tcp 10.1.0.2:8443",
            ],
            Transports(answer));
        uint[] priorities = [.. Parse(answer).Select(static candidate => candidate.Priority)];
        Assert.Equal(priorities.OrderDescending(), priorities);
        Assert.Equal(6, priorities.Distinct().Count());
        Assert.All(Parse(answer).Where(static candidate => candidate.IsTcp), static candidate => Assert.Equal(IceTcpType.Passive, candidate.TcpType));
    }

    [Fact]
    [Trait("Spec", "media-11")]
    public void A_node_takes_the_port_that_the_map_has_for_its_own_address()
    {
        Assert.True(IceHostPortOverride.TryParse("10.0.0.2/31000,10.0.0.3/31001", out IceHostPortOverride? map, out _));
        IReadOnlyList<string> said = Negotiate(options => options with
        {
            ListenAddresses = [IPAddress.Parse("10.0.0.3")],
            IceHostOverride = "203.0.113.7",
            IceHostPortOverride = map,
        });

        Assert.All(said, static json => Assert.NotEmpty(Candidates(json)));
        Assert.All(said.SelectMany(Candidates), static candidate => Assert.Equal(("203.0.113.7", "31001"), candidate));
    }

    [Fact]
    [Trait("Spec", "media-12")]
    public void A_wildcard_listen_address_leaves_the_override_in_force_for_both_transports()
    {
        IReadOnlyList<string> said = Negotiate(static options => OnMachine(options) with
        {
            ListenAddresses = [IPAddress.Any],
            TcpListenAddresses = [IPAddress.Any],
            IceHostOverride = "203.0.113.7",
        });

        Assert.All(
            said.Where(static json => json.Contains("\"answer\"", StringComparison.Ordinal)),
            static json => Assert.Equal(["udp 203.0.113.7:8443", "tcp 203.0.113.7:8443"], Transports(json)));
    }

    [Theory]
    [Trait("Spec", "media-12")]
    [InlineData(true, "udp 203.0.113.7:8443 udp 10.1.0.2:8443 tcp 203.0.113.7:8443 tcp 10.1.0.2:8443")]
    [InlineData(false, "udp 10.0.0.2:8443 udp 10.1.0.2:8443 tcp 10.0.0.2:8443 tcp 10.1.0.2:8443")]
    public void A_discovered_address_takes_the_place_of_the_local_one_and_without_an_answer_the_local_one_stays(bool isAnswered, string expected)
    {
        var asked = new List<IPAddress>();
        IReadOnlyList<string> said = Negotiate(options => OnMachine(options, local =>
        {
            asked.AddRange(local);
            return isAnswered
                ? new Dictionary<IPAddress, IPAddress> { [IPAddress.Parse("10.0.0.2")] = IPAddress.Parse("203.0.113.7") }
                : new Dictionary<IPAddress, IPAddress>();
        }) with
        {
            IceServerUrls = ["turn:turn.example:3478", "stun:stun.example:3478"],
        });

        Assert.Equal(["10.0.0.2", "10.1.0.2"], asked.Select(static address => address.ToString()));
        Assert.All(
            said.Where(static json => json.Contains("\"answer\"", StringComparison.Ordinal)),
            json => Assert.Equal(expected, string.Join(' ', Transports(json))));
    }

    [Fact]
    public void An_override_leaves_stun_servers_alone()
    {
        Negotiate(static options => OnMachine(options, static _ => throw new InvalidOperationException("Nobody is to be asked.")) with
        {
            IceServerUrls = ["stun:stun.example:3478"],
            IceHostOverride = "203.0.113.7",
        });
    }

    /// <summary>A machine with two networks, containers, and an address of its own for each way an address can be useless.</summary>
    private static RtcServerOptions OnMachine(
        RtcServerOptions options, Func<IReadOnlyList<IPAddress>, IReadOnlyDictionary<IPAddress, IPAddress>>? discover = null) => options with
        {
            ListenAddresses = [],
            Driver = options.Driver! with
            {
                Interfaces =
                [
                    new(IPAddress.Loopback, "lo"),
                    new(IPAddress.Parse("172.17.0.1"), "docker0"),
                    new(IPAddress.Parse("10.1.0.2"), "eth1"),
                    new(IPAddress.Parse("10.0.0.2"), "eth0", HasGateway: true),
                    new(IPAddress.Parse("169.254.3.4"), "eth1"),
                    new(IPAddress.Parse("2001:db8::2"), "eth0", HasGateway: true),
                    new(IPAddress.Parse("fe80::1"), "eth0", HasGateway: true),
                    new(IPAddress.IPv6Loopback, "lo"),
                    new(IPAddress.Any, "odd"),
                ],
                Discover = discover,
            },
        };

    private static IEnumerable<IceCandidate> Parse(string json)
    {
        foreach (string line in json.Split("candidate:").Skip(1))
        {
            Assert.Equal(IceCandidateParseResult.Ok, IceCandidate.TryParse(line.Split('\\', '"')[0], out IceCandidate? candidate));
            yield return candidate!;
        }
    }

    private static IEnumerable<string> Transports(string json) => Parse(json).Select(static candidate => $"{(candidate.IsTcp ? "tcp" : "udp")} {candidate.EndPoint}");

    /// <summary>All that the server says to a client that joins and unmutes.</summary>
    private static IReadOnlyList<string> Negotiate(Func<RtcServerOptions, RtcServerOptions> configure)
    {
        using var call = new PeerCall(configure: configure);

        // The client reaches the server although it is told an address that leads through somebody's router.
        call.Reroutes = true;
        ClientPeer alice = call.JoinAndConnect("alice");
        alice.Unmute();
        call.Until(() => alice.Voice!.Section is not null, "the second answer");
        return [.. call.Server(alice).SentToClient.Select(static sent => sent.Json)];
    }

    private static IEnumerable<(string Address, string Port)> Candidates(string json) =>
        json.Split("candidate:").Skip(1).Select(static line => line.Split(' ')).Select(static words => (words[4], words[5]));
}
