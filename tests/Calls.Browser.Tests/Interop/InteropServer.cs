using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Calls.Rtc;

namespace Calls.Browser.Tests.Interop;

/// <summary>The media server alone, in this process, with real sockets; signaling are method calls.</summary>
internal sealed class InteropServer : IRtcEvents, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ForeignPeer> _peers = new();
    private readonly ConcurrentDictionary<string, RtcCloseReason> _closed = new();
    private RtcServer? _server;

    public static async Task<InteropServer> StartAsync(Func<RtcServerOptions, RtcServerOptions>? configure = null)
    {
        var interop = new InteropServer();
        var options = new RtcServerOptions { ListenAddresses = [OwnAddress()], UdpPort = 0, Loops = 1 };
        interop._server = await RtcServer.StartAsync(configure?.Invoke(options) ?? options, interop, TimeProvider.System, CancellationToken.None);
        return interop;
    }

    /// <summary>Joins a peer and waits until its data channel is open.</summary>
    public async Task ConnectAsync(ForeignPeer peer)
    {
        _peers[peer.Session] = peer;
        _server!.InitSession(new("group", "call", "user", peer.Session));
        peer.OnMessage = (type, data) => _server.Send(peer.Session, type, data);
        await peer.StartAsync();
        await peer.SaidAsync("open");
    }

    /// <summary>How the session of a peer ended.</summary>
    public async Task<RtcCloseReason> ClosedAsync(ForeignPeer peer)
    {
        using var limit = new CancellationTokenSource(ForeignPeer.Limit);
        RtcCloseReason reason;
        while (!_closed.TryGetValue(peer.Session, out reason))
        {
            await Task.Delay(20, limit.Token);
        }

        return reason;
    }

    void IRtcEvents.OnMessage(RtcSessionConfig session, RtcMessageType type, ReadOnlyMemory<byte> data)
    {
        if (type is RtcMessageType.Sdp or RtcMessageType.Ice)
        {
            _peers[session.SessionId].Tell($$"""{"do":"signal","data":{{Encoding.UTF8.GetString(data.Span)}}}""");
        }
    }

    void IRtcEvents.OnSessionClosed(RtcSessionConfig session, RtcCloseReason reason) => _closed[session.SessionId] = reason;

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    /// <summary>Of a network card if there is one: not every peer speaks to 127.0.0.1.</summary>
    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}
