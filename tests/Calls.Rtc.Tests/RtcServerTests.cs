using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Ice;
using Calls.Rtc.Sessions;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests;

public sealed class RtcServerTests : IRtcEvents
{
    private static readonly RtcServerOptions Loopback = new() { ListenAddresses = [IPAddress.Loopback], UdpPort = 0, Loops = 1 };

    private readonly ConcurrentQueue<(string Session, RtcCloseReason Reason)> _closed = new();

    [Fact]
    [Trait("Spec", "media-107")]
    public async Task A_second_session_of_the_same_id_is_refused_and_counts_for_nothing()
    {
        await using RtcServer server = await StartAsync();
        server.InitSession(Session("alice"));

        RtcException refused = Assert.Throws<RtcException>(() => server.InitSession(Session("alice")));

        Assert.Equal("failed to add session: user session already exists", refused.Message);
        Assert.Equal(1, server.SessionCount);
        Assert.Single(server.GetSessions("group", "call"));
    }

    [Theory]
    [InlineData("", "call", "user", "session", "GroupID")]
    [InlineData("group", "", "user", "session", "CallID")]
    [InlineData("group", "call", "", "session", "UserID")]
    [InlineData("group", "call", "user", "", "SessionID")]
    public async Task A_session_without_an_id_is_refused_by_name(string group, string call, string user, string session, string field)
    {
        await using RtcServer server = await StartAsync();

        RtcException refused = Assert.Throws<RtcException>(() => server.InitSession(new(group, call, user, session)));

        Assert.Equal($"invalid session config: invalid {field} value: should not be empty", refused.Message);
    }

    [Fact]
    public async Task A_history_of_a_size_that_rtcd_refuses_is_refused_in_its_words()
    {
        RtcException refused = await Assert.ThrowsAsync<RtcException>(() =>
            RtcServer.StartAsync(Loopback with { NackBufferSize = 100 }, this, TimeProvider.System, CancellationToken.None));

        Assert.Equal(NackBufferSize.Validate(100), refused.Message);
    }

    [Fact]
    [Trait("Spec", "media-108")]
    public async Task Closing_an_unknown_session_is_no_error()
    {
        await using RtcServer server = await StartAsync();

        server.CloseSession("nobody");

        Assert.False(server.Send("nobody", RtcMessageType.Mute));
        Assert.Null(server.SilentFor("nobody"));
        Assert.Empty(server.GetSessions("group", "call"));
    }

    [Fact]
    [Trait("Spec", "media-110")]
    public async Task Stopping_ends_every_session_once_and_frees_the_port()
    {
        RtcServer server = await StartAsync();
        server.InitSession(Session("alice"));
        server.InitSession(Session("bob"));
        int port = server.Port;

        await server.DisposeAsync();

        Assert.Equal(["alice", "bob"], _closed.Select(static closed => closed.Session).Order());
        Assert.All(_closed, static closed => Assert.Equal(RtcCloseReason.ServerStopped, closed.Reason));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Assert.Throws<RtcException>(() => server.InitSession(Session("carol")));
    }

    [Fact]
    public async Task A_taken_port_is_named_in_the_refusal()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;

        RtcException refused = await Assert.ThrowsAsync<RtcException>(() =>
            RtcServer.StartAsync(Loopback with { UdpPort = port }, this, TimeProvider.System, CancellationToken.None));

        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_not_ours_is_named_in_the_refusal()
    {
        RtcException refused = await Assert.ThrowsAsync<RtcException>(() =>
            RtcServer.StartAsync(Loopback with { ListenAddresses = [IPAddress.Parse("203.0.113.9")] }, this, TimeProvider.System, CancellationToken.None));

        Assert.Equal("none of 203.0.113.9 is an address of this machine; give one that is, or none to use them all", refused.Message);
    }

    [Fact]
    public async Task An_ipv6_address_without_ipv6_names_the_setting()
    {
        RtcException refused = await Assert.ThrowsAsync<RtcException>(() =>
            RtcServer.StartAsync(Loopback with { ListenAddresses = [IPAddress.IPv6Loopback] }, this, TimeProvider.System, CancellationToken.None));

        Assert.Equal("::1 is IPv6, which is off; turn EnableIPv6 on", refused.Message);
    }

    [Fact]
    public async Task A_tcp_port_that_is_taken_ends_the_start_and_gives_the_udp_port_back()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        RtcException refused = await Assert.ThrowsAsync<RtcException>(() =>
            RtcServer.StartAsync(Loopback with { UdpPort = port, TcpPort = port }, this, TimeProvider.System, CancellationToken.None));

        Assert.Contains($"TCP port {port} on 127.0.0.1 is taken", refused.Message, StringComparison.Ordinal);
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, port));
    }

    [Fact]
    public async Task Both_ports_are_told_and_free_again_when_the_server_stops()
    {
        RtcServer server = await RtcServer.StartAsync(Loopback with { TcpPort = 0 }, this, TimeProvider.System, CancellationToken.None);
        Assert.Equal([$"127.0.0.1:{server.Port}"], server.AdvertisedAddresses);
        Assert.Equal([$"127.0.0.1:{server.TcpPort}"], server.AdvertisedTcpAddresses);
        int port = server.TcpPort!.Value;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(IPAddress.Loopback, port);

        await server.DisposeAsync();
        using var next = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        next.Bind(new IPEndPoint(IPAddress.Loopback, port));
        next.Listen();
    }

    [Fact]
    public async Task A_host_override_that_does_not_resolve_refuses_sessions_with_the_reason()
    {
        var log = new List<string>();
        await using RtcServer server = await RtcServer.StartAsync(
            Loopback with { IceHostOverride = "no.such.host.invalid", Log = log.Add }, this, TimeProvider.System, CancellationToken.None);

        RtcException refused = Assert.Throws<RtcException>(() => server.InitSession(Session("alice")));
        Assert.StartsWith(
            "failed to init setting engine: failed to generate addresses pairs: failed to resolve host: lookup no.such.host.invalid: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(log, static line => line.EndsWith("; no call can be joined until ICEHostOverride resolves", StringComparison.Ordinal));
        Assert.Equal(0, server.SessionCount);
    }

    [Fact]
    [Trait("Spec", "media-113")]
    public async Task Datagrams_from_strangers_are_dropped_and_harm_nobody()
    {
        const int Seed = 113;
        await using RtcServer server = await StartAsync();
        server.InitSession(Session("alice"));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(IPAddress.Loopback, server.Port);
        var random = new Random(Seed);
        const int Count = 2_000;
        var patience = System.Diagnostics.Stopwatch.StartNew();
        for (int i = 0; i < Count; i++)
        {
            byte[] datagram = new byte[random.Next(13, 1_400)];
            random.NextBytes(datagram);
            datagram[0] = (byte)(i % 2 == 0 ? 0x80 : 22); // a valid-looking RTP or DTLS header
            datagram[1] = 111;
            await stranger.SendAsync(datagram);

            // One at a time: the kernel drops what a full buffer cannot take.
            while (server.TransportCounters.DroppedUnregistered <= i)
            {
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), $"datagram {i} of seed {Seed} did not arrive");
                await Task.Yield();
            }
        }

        Assert.Equal(Count, server.TransportCounters.DroppedUnregistered);
        Assert.Equal(0, server.TransportCounters.Sent);
        Assert.Equal(0, server.TransportCounters.HandlerFaults);
        Assert.Equal(1, server.SessionCount);
    }

    [Fact]
    public async Task Checks_of_strangers_are_counted_and_never_answered()
    {
        await using RtcServer server = await StartAsync();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Connect(IPAddress.Loopback, server.Port);
        Assert.True(IceCredentials.TryCreate("nobodynobodynobo", "passwordpasswordpassword", out IceCredentials? unknown));
        var agent = new IceClientAgent(IceCredentials.Create(), unknown, tieBreaker: 1, nowMs: 0);
        agent.AddRemote(TransportAddress.From(new(IPAddress.Loopback, server.Port)), priority: 1);
        byte[] check = new byte[StunWriter.MaxSize];
        int length = agent.NextCheck(nowMs: 0, check, out _);
        byte[] malformed = [.. check[..20]];

        await stranger.SendAsync(check.AsMemory(0, length));
        await stranger.SendAsync(malformed);
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (server.Count(CheckResult.NoSession) + server.Count(CheckResult.Malformed) < 2)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "the datagrams did not arrive");
            await Task.Yield();
        }

        Assert.Equal(1, server.Count(CheckResult.NoSession));
        Assert.Equal(0, server.TransportCounters.Sent);
    }

    void IRtcEvents.OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        // Nobody negotiates here.
    }

    void IRtcEvents.OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) => _closed.Enqueue((session.SessionId, reason));

    private static RtcSessionConfig Session(string id) => new("group", "call", "user", id);

    private Task<RtcServer> StartAsync() => RtcServer.StartAsync(Loopback, this, TimeProvider.System, CancellationToken.None);
}
