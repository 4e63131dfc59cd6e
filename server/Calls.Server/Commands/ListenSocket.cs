using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Calls.Server.Commands;

/// <summary>Opens TCP ports, and says in one sentence why one cannot be had.</summary>
internal static class ListenSocket
{
    /// <param name="settingOf">How the operator gave an address: the name of the setting or option.</param>
    /// <exception cref="IOException">The port cannot be opened; the text says why and what to do.</exception>
    public static Socket Open(EndPoint endpoint, Func<EndPoint, string> settingOf)
    {
        try
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException failure)
        {
            throw new IOException(Explain(failure, (IPEndPoint)endpoint, settingOf(endpoint)), failure);
        }
    }

    /// <summary>The sentence for a listener that somebody else tried to open.</summary>
    public static IOException Explain(Exception failure, IPEndPoint endpoint, string setting)
    {
        Exception? cause = failure;
        while (cause is not null and not SocketException)
        {
            cause = cause.InnerException;
        }

        return new IOException(cause is SocketException socket ? Explain(socket, endpoint, setting) : failure.Message, failure);
    }

    private static string Explain(SocketException failure, IPEndPoint endpoint, string setting) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"TCP port {endpoint.Port} on {endpoint.Address} is taken by another program; stop it or choose another port with {setting}.",
        SocketError.AddressNotAvailable =>
            $"{endpoint.Address} is not an address of this machine; correct {setting}.",
        SocketError.AccessDenied =>
            $"TCP port {endpoint.Port} on {endpoint.Address} may not be opened by this user; choose a port above 1023 with {setting} or grant the right to bind it.",
        SocketError.AddressFamilyNotSupported =>
            $"This machine has no {(endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}, which {endpoint.Address} needs; correct {setting}.",
        _ => $"TCP port {endpoint.Port} on {endpoint.Address} cannot be opened ({failure.Message}); correct {setting}.",
    };
}
