using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Ice;

/// <summary>Asks STUN servers how our local addresses look from outside (media.md 1.5, DEV-1).</summary>
public static class PublicAddressDiscovery
{
    /// <summary>How long it all may take; every address is asked about at the same time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>How long a server's name may take to resolve. One that takes longer is not asked.</summary>
    public static readonly TimeSpan ResolutionLimit = TimeSpan.FromSeconds(1);

    /// <summary>Further servers are not asked.</summary>
    public const int MaxServers = 8;

    private static readonly TimeSpan RetransmissionInterval = TimeSpan.FromMilliseconds(500);

    private const int MaxResponseSize = 1280;

    /// <summary>Finds the public address of each local address but loopback.</summary>
    /// <param name="port">The media port, so that the answer shows the mapping that clients will meet. Must not be open yet.</param>
    /// <param name="servers">Most preferred first. The second is asked when the first has not answered for half a second, and so on.</param>
    /// <param name="resolve">Looks a name up; literals never reach it.</param>
    /// <returns>Only the addresses for which an answer came.</returns>
    public static async Task<IReadOnlyDictionary<IPAddress, IPAddress>> DiscoverAsync(
        IReadOnlyList<IPAddress> localAddresses,
        int port,
        IReadOnlyList<StunServerUrl> servers,
        Func<string, CancellationToken, Task<IPAddress[]>> resolve,
        TimeProvider time,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        IPEndPoint[][] resolved = await Task.WhenAll(servers.Take(MaxServers).Select(server => ResolveAsync(server, resolve, time, stop.Token))).ConfigureAwait(false);
        IEnumerable<Task<(IPAddress Local, IPAddress? Public)>> questions = localAddresses
            .Where(static local => !IPAddress.IsLoopback(local))
            .Select(async local =>
            {
                // One address of each server, of the local address's family.
                IPEndPoint[] ofFamily =
                [
                    .. resolved
                        .Select(addresses => Array.Find(addresses, address => address.AddressFamily == local.AddressFamily))
                        .OfType<IPEndPoint>(),
                ];
                return (local, ofFamily.Length == 0 ? null : await AskAsync(new(local, port), ofFamily, time, stop.Token).ConfigureAwait(false));
            });
        (IPAddress Local, IPAddress? Public)[] answers = await Task.WhenAll(questions).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return answers.Where(static answer => answer.Public is not null).ToDictionary(static answer => answer.Local, static answer => answer.Public!);
    }

    /// <summary>The public address of one local address; <c>null</c>: no answer in time, or the port or the servers cannot be used.</summary>
    internal static async Task<IPAddress?> AskAsync(IPEndPoint local, IReadOnlyList<IPEndPoint> servers, TimeProvider time, CancellationToken stop)
    {
        byte[] request = new byte[StunFormat.HeaderSize];
        StunWriter.WriteDiscovery(request, RandomNumberGenerator.GetBytes(StunFormat.TransactionIdSize));
        try
        {
            // One socket for all servers: the port can be bound once.
            using var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(local);
            byte[] buffer = new byte[MaxResponseSize];
            var anyone = new IPEndPoint(local.Address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            Task<SocketReceiveFromResult> receiving = socket.ReceiveFromAsync(buffer, anyone, stop).AsTask();
            for (int round = 1; ; round++)
            {
                foreach (IPEndPoint server in servers.Take(round))
                {
                    await SendAsync(socket, request, server, stop).ConfigureAwait(false);
                }

                Task pause = Task.Delay(RetransmissionInterval, time, stop);
                while (await Task.WhenAny(receiving, pause).ConfigureAwait(false) == receiving)
                {
                    SocketReceiveFromResult received = await receiving.ConfigureAwait(false);
                    if (servers.Contains((IPEndPoint)received.RemoteEndPoint) && ReadAnswer(buffer.AsSpan(0, received.ReceivedBytes), request) is { } found)
                    {
                        return found;
                    }

                    receiving = socket.ReceiveFromAsync(buffer, anyone, stop).AsTask();
                }

                await pause.ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    // A server that cannot be reached must not keep the others from being asked.
    private static async Task SendAsync(Socket socket, byte[] request, IPEndPoint server, CancellationToken stop)
    {
        try
        {
            await socket.SendToAsync(request, server, stop).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // No route to it: the same as no answer.
        }
    }

    /// <summary>All addresses of a server; none if it does not resolve in time.</summary>
    internal static async Task<IPEndPoint[]> ResolveAsync(
        StunServerUrl server, Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time, CancellationToken stop)
    {
        if (IPAddress.TryParse(server.Host, out IPAddress? literal))
        {
            return [new(literal, server.Port)];
        }

        try
        {
            IPAddress[] found = await resolve(server.Host, stop).WaitAsync(ResolutionLimit, time, stop).ConfigureAwait(false);
            return [.. found.Select(address => new IPEndPoint(address, server.Port))];
        }
        catch (Exception failure) when (failure is SocketException or TimeoutException or OperationCanceledException)
        {
            return [];
        }
    }

    private static IPAddress? ReadAnswer(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> request) =>
        StunMessageView.TryParse(datagram, out StunMessageView response)
        && response.Type == StunMessageType.BindingSuccess
        && response.TransactionId.SequenceEqual(request[^StunFormat.TransactionIdSize..])
        && response.HasValidFingerprint()
        && response.TryGetMappedAddress(out TransportAddress mapped)
            ? mapped.ToEndPoint().Address
            : null;
}
