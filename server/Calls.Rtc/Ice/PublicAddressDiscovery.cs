using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Ice;

/// <summary>Asks a STUN server how our local addresses look from outside (media.md 1.5, DEV-1).</summary>
public static class PublicAddressDiscovery
{
    /// <summary>How long one address may take; all are asked at the same time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetransmissionInterval = TimeSpan.FromMilliseconds(500);

    private const int MaxResponseSize = 1280;

    /// <summary>Finds the public address of each local address but loopback.</summary>
    /// <param name="port">The media port, so that the answer shows the mapping that clients will meet. Must not be open yet.</param>
    /// <param name="servers">Addresses of the server; the first of a local address's family is asked.</param>
    /// <returns>Only the addresses for which an answer came.</returns>
    public static async Task<IReadOnlyDictionary<IPAddress, IPAddress>> DiscoverAsync(
        IReadOnlyList<IPAddress> localAddresses,
        int port,
        IReadOnlyList<IPEndPoint> servers,
        TimeProvider time,
        CancellationToken cancellation)
    {
        IEnumerable<Task<(IPAddress Local, IPAddress? Public)>> questions = localAddresses
            .Where(local => !IPAddress.IsLoopback(local))
            .Select(async local =>
            {
                IPEndPoint? server = servers.FirstOrDefault(server => server.AddressFamily == local.AddressFamily);
                return (local, server is null ? null : await AskAsync(new(local, port), server, time, cancellation).ConfigureAwait(false));
            });
        (IPAddress Local, IPAddress? Public)[] answers = await Task.WhenAll(questions).ConfigureAwait(false);
        return answers.Where(answer => answer.Public is not null).ToDictionary(answer => answer.Local, answer => answer.Public!);
    }

    /// <summary>The public address of one local address; <c>null</c>: no answer in time, or the port or the server cannot be used.</summary>
    internal static async Task<IPAddress?> AskAsync(
        IPEndPoint local, IPEndPoint server, TimeProvider time, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        byte[] request = new byte[StunFormat.HeaderSize];
        StunWriter.WriteDiscovery(request, RandomNumberGenerator.GetBytes(StunFormat.TransactionIdSize));
        try
        {
            // Connected, so that nobody but the server can answer.
            using var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(local);
            socket.Connect(server);

            byte[] buffer = new byte[MaxResponseSize];
            Task<int> receiving = socket.ReceiveAsync(buffer, stop.Token).AsTask();
            while (true)
            {
                await socket.SendAsync(request, stop.Token).ConfigureAwait(false);
                Task pause = Task.Delay(RetransmissionInterval, time, stop.Token);
                while (await Task.WhenAny(receiving, pause).ConfigureAwait(false) == receiving)
                {
                    int length = await receiving.ConfigureAwait(false);
                    if (ReadAnswer(buffer.AsSpan(0, length), request) is { } found)
                    {
                        return found;
                    }

                    receiving = socket.ReceiveAsync(buffer, stop.Token).AsTask();
                }
            }
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
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
