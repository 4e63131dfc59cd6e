using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Crypto;
using Calls.Rtc.Ice;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Ice;

public sealed class PublicAddressDiscoveryTests : IDisposable
{
    private static readonly TransportAddress Public = TransportAddress.From(IPEndPoint.Parse("203.0.113.7:40000"));

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    // Retransmissions come fast; giving up does not, unless the test is about it.
    private readonly FastTime _time = new(longest: TimeSpan.FromSeconds(1));
    private readonly FastTime _impatient = new(longest: PublicAddressDiscovery.Limit);

    public PublicAddressDiscoveryTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_address_in_the_answer_is_found()
    {
        Task<IPAddress?> asking = Ask();
        (byte[] request, EndPoint from) = await NextRequestAsync();
        await _server.SendToAsync(Answer(request), from);

        Assert.Equal(IPAddress.Parse("203.0.113.7"), await asking);
    }

    [Fact]
    public async Task A_lost_request_is_repeated_and_wrong_answers_are_ignored()
    {
        Task<IPAddress?> asking = Ask();
        (byte[] first, EndPoint from) = await NextRequestAsync();
        byte[] otherTransaction = [.. first];
        otherTransaction[^1] ^= 1;
        await _server.SendToAsync("no STUN"u8.ToArray(), from);
        await _server.SendToAsync(Answer(otherTransaction), from);
        await _server.SendToAsync(first, from);
        (byte[] second, _) = await NextRequestAsync();
        Assert.Equal(first, second);
        await _server.SendToAsync(Answer(second), from);

        Assert.Equal(IPAddress.Parse("203.0.113.7"), await asking);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        using var limit = new CancellationTokenSource(PublicAddressDiscovery.Limit, _impatient);
        Assert.Null(await Ask(_impatient, limit.Token));
    }

    [Fact]
    public async Task A_port_that_is_taken_or_a_server_that_is_not_there_finds_nothing()
    {
        var taken = (IPEndPoint)_server.LocalEndPoint!;
        Assert.Null(await PublicAddressDiscovery.AskAsync(taken, [new(IPAddress.Loopback, 9)], _time, CancellationToken.None));

        int port = taken.Port;
        _server.Dispose();
        using var limit = new CancellationTokenSource(PublicAddressDiscovery.Limit, _impatient);
        Assert.Null(await PublicAddressDiscovery.AskAsync(new(IPAddress.Loopback, 0), [new(IPAddress.Loopback, port)], _impatient, limit.Token));
    }

    [Fact]
    public async Task The_next_server_is_asked_when_one_is_silent_and_strangers_are_not_believed()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task<IPAddress?> asking = PublicAddressDiscovery.AskAsync(
            new(IPAddress.Loopback, 0), [(IPEndPoint)silent.LocalEndPoint!, (IPEndPoint)_server.LocalEndPoint!], _time, CancellationToken.None);
        (byte[] request, EndPoint from) = await NextRequestAsync();
        Assert.True(silent.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead), "the first server was not asked");

        // The right transaction, but from somebody who was not asked.
        await stranger.SendToAsync(Answer(request, "198.51.100.66"), from);
        await NextRequestAsync();
        Assert.False(asking.IsCompleted);
        await _server.SendToAsync(Answer(request), from);

        Assert.Equal(IPAddress.Parse("203.0.113.7"), await asking);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9:3478")]
    [InlineData("2001:db8::9", "[2001:db8::9]:3478")]
    [InlineData("stun.example", "203.0.113.9:3478 [2001:db8::9]:3478")]
    [InlineData("unknown.example", "")]
    [InlineData("hangs.example", "")]
    public async Task A_server_that_does_not_resolve_in_time_is_not_asked(string host, string expected)
    {
        IPEndPoint[] found = await PublicAddressDiscovery.ResolveAsync(new(host, 3478), Resolve, _time, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(expected, string.Join(' ', found.AsEnumerable()));

        static Task<IPAddress[]> Resolve(string name, CancellationToken stop) => name switch
        {
            "hangs.example" => new TaskCompletionSource<IPAddress[]>().Task,
            "unknown.example" => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)),
            "stun.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("203.0.113.9"), IPAddress.Parse("2001:db8::9")]),
            _ => throw new InvalidOperationException("A literal needs no look-up."),
        };
    }

    [Fact]
    public async Task Loopback_and_families_without_a_server_are_not_asked_about()
    {
        IReadOnlyDictionary<IPAddress, IPAddress> found = await PublicAddressDiscovery.DiscoverAsync(
            [IPAddress.Loopback, IPAddress.Parse("2001:db8::1")],
            0,
            [new("127.0.0.1", ((IPEndPoint)_server.LocalEndPoint!).Port)],
            static (_, _) => throw new InvalidOperationException("A literal needs no look-up."),
            _time,
            CancellationToken.None);

        Assert.Empty(found);
        Assert.Equal(0, _server.Available);
    }

    private Task<IPAddress?> Ask(TimeProvider? time = null, CancellationToken stop = default) => PublicAddressDiscovery.AskAsync(
        new(IPAddress.Loopback, 0), [(IPEndPoint)_server.LocalEndPoint!], time ?? _time, stop);

    private async Task<(byte[] Request, EndPoint From)> NextRequestAsync()
    {
        byte[] buffer = new byte[100];
        SocketReceiveFromResult received = await _server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0))
            .WaitAsync(TimeSpan.FromSeconds(10));
        return (buffer[..received.ReceivedBytes], received.RemoteEndPoint);
    }

    private static byte[] Answer(byte[] request, string? address = null)
    {
        TransportAddress seen = address is null ? Public : TransportAddress.From(new(IPAddress.Parse(address), 40_000));
        byte[] answer = new byte[StunWriter.MaxSize];
        return answer[..StunWriter.WriteBindingSuccess(answer, request[^12..], seen, new HmacSha1Key("any"u8))];
    }
}
