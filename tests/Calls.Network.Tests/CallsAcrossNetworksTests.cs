namespace Calls.Network.Tests;

/// <summary>Our client and our server as processes in networks as users have them.</summary>
public sealed class CallsAcrossNetworksTests : IDisposable
{
    private const int Server = 1;
    private const int AliceRouter = 11;
    private const int BobRouter = 12;

    private readonly Lab _lab = new();

    public void Dispose() => _lab.Dispose();

    [NetworkFact]
    public async Task Two_people_behind_routers_hear_each_other_over_udp()
    {
        ServerProcess server = await ServerProcess.StartAsync(_lab, _lab.AddPublic("server", Server));
        Assert.Equal(("198.51.100.1:8443", "198.51.100.1:8443"), (server.Udp, server.Tcp));
        (ClientProcess alice, ClientProcess bob) = JoinTwo(server, AddHome(AliceRouter), AddHome(BobRouter));
        await Task.WhenAll(alice.HearsAsync("bob"), bob.HearsAsync("alice"));

        await server.UntilAsync(
            () => server.PathOf("alice").StartsWith("udp 198.51.100.11:", StringComparison.Ordinal) && server.PathOf("bob").StartsWith("udp 198.51.100.12:", StringComparison.Ordinal),
            "both are seen as their routers, over UDP");
        await alice.UntilAsync(() => alice.Mapped == server.PathOf("alice"), "Alice has been told the address that she is seen under");
        Assert.Equal(0, server.Faults);
    }

    [NetworkFact]
    public async Task Who_is_not_let_out_over_udp_talks_over_tcp_and_whoever_loses_udp_goes_on_over_tcp()
    {
        ServerProcess server = await ServerProcess.StartAsync(_lab, _lab.AddPublic("server", Server));
        (string aliceRouter, string aliceHost) = AddHome(AliceRouter);
        (string bobRouter, string bobHost) = AddHome(BobRouter);
        Lab.Filter(aliceRouter, "ip protocol udp drop");
        (ClientProcess alice, ClientProcess bob) = JoinTwo(server, (aliceRouter, aliceHost), (bobRouter, bobHost));
        await Task.WhenAll(alice.HearsAsync("bob"), bob.HearsAsync("alice"));
        await server.UntilAsync(
            () => server.PathOf("alice").StartsWith("tcp 198.51.100.11:", StringComparison.Ordinal) && server.PathOf("bob").StartsWith("udp 198.51.100.12:", StringComparison.Ordinal),
            "Alice over TCP, Bob over UDP");

        Lab.Filter(bobRouter, "ip protocol udp drop");
        await server.UntilAsync(() => server.PathOf("bob").StartsWith("tcp 198.51.100.12:", StringComparison.Ordinal), "Bob over TCP too");
        await Task.WhenAll(alice.HearsAsync("bob", 50), bob.HearsAsync("alice", 50));
        Assert.Equal("tcp 198.51.100.1:8443", bob.SendsTo);
        Assert.Empty(server.Closed);
        Assert.Equal(0, server.Faults);
    }

    [NetworkFact]
    public async Task A_router_that_gets_another_address_interrupts_nobody_for_long()
    {
        ServerProcess server = await ServerProcess.StartAsync(_lab, _lab.AddPublic("server", Server));
        (string aliceRouter, string aliceHost) = AddHome(AliceRouter);
        (ClientProcess alice, ClientProcess bob) = JoinTwo(server, (aliceRouter, aliceHost), AddHome(BobRouter));
        await Task.WhenAll(alice.HearsAsync("bob"), bob.HearsAsync("alice"));

        Lab.Renumber(aliceRouter, AliceRouter, 21);
        await server.UntilAsync(() => server.PathOf("alice").Contains("198.51.100.21:", StringComparison.Ordinal), "Alice comes from the new address");
        await Task.WhenAll(alice.HearsAsync("bob", 50), bob.HearsAsync("alice", 50));
        Assert.Empty(server.Closed);
    }

    [NetworkFact]
    public async Task Ipv6_is_used_where_both_sides_have_it_and_ipv4_where_not()
    {
        ServerProcess server = await ServerProcess.StartAsync(_lab, _lab.AddPublic("server", Server), "--ipv6");
        Assert.Equal("[2001:db8::1]:8443 198.51.100.1:8443", server.Udp);
        ClientProcess alice = server.Join(_lab, _lab.AddPublic("alice", 2), "alice");
        ClientProcess bob = server.Join(_lab, AddHome(BobRouter).Host, "bob");
        ClientProcess carol = server.Join(_lab, _lab.AddPublic("carol", 3), "carol", "--no-udp");
        await Task.WhenAll(alice.OpenAsync(), bob.OpenAsync(), carol.OpenAsync());
        await Task.WhenAll(alice.HearsAsync("bob"), bob.HearsAsync("carol"), carol.HearsAsync("alice"));

        await server.UntilAsync(
            () => server.PathOf("alice").StartsWith("udp [2001:db8::2]:", StringComparison.Ordinal)
                && server.PathOf("bob").StartsWith("udp 198.51.100.12:", StringComparison.Ordinal)
                && server.PathOf("carol").StartsWith("tcp [2001:db8::3]:", StringComparison.Ordinal),
            "Alice and Carol over IPv6, Bob over IPv4");
    }

    [NetworkFact("turnserver")]
    [Trait("Spec", "media-12")]
    public async Task A_server_behind_a_router_finds_its_public_address_by_stun_and_is_reached_there()
    {
        string stun = _lab.AddPublic("stun", 5);
        _lab.Own(Coturn.Start(stun, "198.51.100.5", 3478, secret: null));
        (string router, string host) = AddHome(13);
        Lab.Forward(router, 8443, "10.13.0.2");
        ServerProcess server = await ServerProcess.StartAsync(_lab, host, "--stun", "stun:198.51.100.99:3478,stun:198.51.100.5");
        Assert.Equal(("198.51.100.13:8443", "198.51.100.13:8443"), (server.Udp, server.Tcp));
        Assert.Contains("STUN: 10.13.0.2 is 198.51.100.13 from outside", server.Log);
        ClientProcess alice = server.Join(_lab, AddHome(AliceRouter).Host, "alice");
        ClientProcess bob = server.Join(_lab, AddHome(BobRouter).Host, "bob", "--no-udp");
        await Task.WhenAll(alice.OpenAsync(), bob.OpenAsync());

        await Task.WhenAll(alice.HearsAsync("bob"), bob.HearsAsync("alice"));
    }

    [NetworkFact]
    [Trait("Spec", "media-12")]
    public async Task Without_an_answer_of_any_stun_server_the_start_takes_seconds_and_local_addresses_are_told()
    {
        (_, string host) = AddHome(13);
        ServerProcess server = await ServerProcess.StartAsync(_lab, host, "--stun", "stun:198.51.100.99:3478,stun:no.such.host.example");

        Assert.InRange(server.StartMs, 4_000, 6_000);
        Assert.Equal("10.13.0.2:8443", server.Udp);
        Assert.Contains("STUN: nobody answered 10.13.0.2; clients are told this address itself. Set ICEHostOverride if they cannot reach it", server.Log);
    }

    private (string Router, string Host) AddHome(int number)
    {
        string router = _lab.AddRouter($"router{number}", number);
        return (router, _lab.AddBehind(router, number, $"host{number}"));
    }

    private (ClientProcess Alice, ClientProcess Bob) JoinTwo(
        ServerProcess server, (string Router, string Host) alice, (string Router, string Host) bob) =>
        (server.Join(_lab, alice.Host, "alice"), server.Join(_lab, bob.Host, "bob"));
}
