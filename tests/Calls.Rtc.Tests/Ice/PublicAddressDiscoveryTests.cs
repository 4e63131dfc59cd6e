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
        Assert.Null(await Ask(_impatient));
    }

    [Fact]
    public async Task A_port_that_is_taken_or_a_server_that_is_not_there_finds_nothing()
    {
        var taken = (IPEndPoint)_server.LocalEndPoint!;
        Assert.Null(await PublicAddressDiscovery.AskAsync(taken, new(IPAddress.Loopback, 9), _time, CancellationToken.None));

        int port = taken.Port;
        _server.Dispose();
        Assert.Null(await PublicAddressDiscovery.AskAsync(
            new(IPAddress.Loopback, 0), new(IPAddress.Loopback, port), _time, CancellationToken.None));
    }

    [Fact]
    public async Task Loopback_and_families_without_a_server_are_not_asked_about()
    {
        IReadOnlyDictionary<IPAddress, IPAddress> found = await PublicAddressDiscovery.DiscoverAsync(
            [IPAddress.Loopback, IPAddress.Parse("2001:db8::1")], 0, [(IPEndPoint)_server.LocalEndPoint!], _time, CancellationToken.None);

        Assert.Empty(found);
        Assert.Equal(0, _server.Available);
    }

    private Task<IPAddress?> Ask(TimeProvider? time = null) => PublicAddressDiscovery.AskAsync(
        new(IPAddress.Loopback, 0), (IPEndPoint)_server.LocalEndPoint!, time ?? _time, CancellationToken.None);

    private async Task<(byte[] Request, EndPoint From)> NextRequestAsync()
    {
        byte[] buffer = new byte[100];
        SocketReceiveFromResult received = await _server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0))
            .WaitAsync(TimeSpan.FromSeconds(10));
        return (buffer[..received.ReceivedBytes], received.RemoteEndPoint);
    }

    private static byte[] Answer(byte[] request)
    {
        byte[] answer = new byte[StunWriter.MaxSize];
        return answer[..StunWriter.WriteBindingSuccess(answer, request[^12..], Public, new HmacSha1Key("any"u8))];
    }
}
