using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>Opens the sockets of all loops on one port.</summary>
internal static class UdpSocketOpener
{
    private const int FreePortAttempts = 16;

    // <asm-generic/socket.h>; Socket does not name them.
    internal const int SolSocket = 1;
    internal const int SoReusePort = 15;
    private const int SoReceiveBufferForce = 33;
    private const int SoSendBufferForce = 32;

    /// <returns>Sockets as [loop][local address], and the port that they share.</returns>
    /// <exception cref="RtcException">The port cannot be had; the text says why and what to do.</exception>
    public static (Socket[][] Sockets, int Port) Open(MediaTransportOptions options, int loopCount)
    {
        for (int attempt = 1; ; attempt++)
        {
            var opened = new List<Socket>();
            int port = options.Port;
            IPAddress current = options.LocalAddresses[0];
            try
            {
                Socket[][] sockets = [.. Enumerable.Range(0, loopCount).Select(_ => new Socket[options.LocalAddresses.Count])];
                for (int local = 0; local < options.LocalAddresses.Count; local++)
                {
                    current = options.LocalAddresses[local];
                    for (int loop = 0; loop < loopCount; loop++)
                    {
                        Socket socket = sockets[loop][local] = Create(current, options.SocketBufferBytes);
                        opened.Add(socket);
                        Bind(socket, new(current, port), isFirst: loop == 0, isShared: loopCount > 1);
                        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                    }
                }

                return (sockets, port);
            }
            catch (SocketException exception)
            {
                opened.ForEach(socket => socket.Dispose());

                // A port that was free on the first address may be taken on another.
                bool isUnlucky = options.Port == 0 && port != 0 && exception.SocketErrorCode == SocketError.AddressAlreadyInUse;
                if (!isUnlucky || attempt == FreePortAttempts)
                {
                    throw new RtcException($"failed to create UDP connections: {Explain(exception, current, port)}");
                }
            }
        }
    }

    private static Socket Create(IPAddress address, int bufferBytes)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        // macOS refuses large sizes outright instead of capping them.
        if (!OperatingSystem.IsMacOS())
        {
            RequestBuffer(socket, SoReceiveBufferForce, SocketOptionName.ReceiveBuffer, bufferBytes);
            RequestBuffer(socket, SoSendBufferForce, SocketOptionName.SendBuffer, bufferBytes);
        }

        return socket;
    }

    // The forced form passes net.core.rmem_max and wmem_max, but needs CAP_NET_ADMIN.
    private static void RequestBuffer(Socket socket, int forcedOption, SocketOptionName option, int bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                socket.SetRawSocketOption(SolSocket, forcedOption, BitConverter.GetBytes(bytes));
                return;
            }
            catch (SocketException)
            {
                // Not privileged: the ordinary request below is capped by the system.
            }
        }

        socket.SetSocketOption(SocketOptionLevel.Socket, option, bytes);
    }

    // The first socket binds without SO_REUSEPORT, which fails if anybody else has the port, including another process of the
    // same user that would share it. Only then it lets its siblings in.
    private static void Bind(Socket socket, IPEndPoint endpoint, bool isFirst, bool isShared)
    {
        if (isFirst)
        {
            socket.Bind(endpoint);
        }

        if (isShared)
        {
            socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
        }

        if (!isFirst)
        {
            socket.Bind(endpoint);
        }
    }

    private static string Explain(SocketException exception, IPAddress address, int port) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"UDP port {port} on {address} is taken by another program (address already in use); stop it or choose another port",
        SocketError.AddressNotAvailable =>
            $"{address} is not an address of this machine; correct the listen address or leave it empty",
        SocketError.AccessDenied =>
            $"UDP port {port} on {address} may not be opened by this user; choose a port above 1023 or grant the right to bind it",
        SocketError.AddressFamilyNotSupported =>
            $"this machine has no {(address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4")}, which {address} needs",
        _ => $"UDP port {port} on {address} cannot be opened: {exception.Message}",
    };
}
