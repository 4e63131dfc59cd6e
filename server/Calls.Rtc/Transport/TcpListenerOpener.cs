using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>Opens the listeners of all loops on one port. The kernel spreads connections over them.</summary>
internal static class TcpListenerOpener
{
    // Connections that wait for the next turn of a loop.
    private const int Backlog = 512;

    private const int FreePortAttempts = 16;

    /// <param name="udpPort">Taken for TCP too if any port will do and it is free: one number is easier to let through.</param>
    /// <returns>Listeners as [loop][local address], and the port that they share.</returns>
    /// <exception cref="RtcException">The port cannot be had; the text says why and what to do.</exception>
    public static (IStreamListener[][] Listeners, int Port) Open(MediaTransportOptions options, int loopCount, int udpPort)
    {
        if (options.TcpAddresses.Count == 0)
        {
            return ([.. Enumerable.Repeat(Array.Empty<IStreamListener>(), loopCount)], options.TcpPort);
        }

        for (int attempt = 1; ; attempt++)
        {
            var opened = new List<Socket>();
            int port = options.TcpPort == 0 && attempt == 1 ? udpPort : options.TcpPort;
            IPAddress current = options.TcpAddresses[0];
            try
            {
                Socket[][] sockets = [.. Enumerable.Range(0, loopCount).Select(_ => new Socket[options.TcpAddresses.Count])];
                for (int local = 0; local < options.TcpAddresses.Count; local++)
                {
                    current = options.TcpAddresses[local];
                    for (int loop = 0; loop < loopCount; loop++)
                    {
                        Socket socket = sockets[loop][local] = new(current.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                        opened.Add(socket);
                        Bind(socket, new(current, port), isFirst: loop == 0, isShared: loopCount > 1);
                        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                    }
                }

                opened.ForEach(static socket => socket.Listen(Backlog));
                return ([.. sockets.Select(static ofLoop => ofLoop.Select(static IStreamListener (socket) => new TcpStreamListener(socket)).ToArray())], port);
            }
            catch (SocketException exception)
            {
                opened.ForEach(static socket => socket.Dispose());
                bool isUnlucky = options.TcpPort == 0 && exception.SocketErrorCode == SocketError.AddressAlreadyInUse;
                if (!isUnlucky || attempt == FreePortAttempts)
                {
                    throw new RtcException($"failed to create TCP listener: {Explain(exception, current, port)}");
                }
            }
        }
    }

    // As with UDP: the first one binds alone, so that a port that is somebody else's is noticed.
    private static void Bind(Socket socket, IPEndPoint endpoint, bool isFirst, bool isShared)
    {
        if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        if (isFirst)
        {
            socket.Bind(endpoint);
        }

        if (isShared)
        {
            socket.SetRawSocketOption(UdpSocketOpener.SolSocket, UdpSocketOpener.SoReusePort, BitConverter.GetBytes(1));
        }

        if (!isFirst)
        {
            socket.Bind(endpoint);
        }
    }

    private static string Explain(SocketException exception, IPAddress address, int port) => exception.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"TCP port {port} on {address} is taken by another program (address already in use); stop it or choose another port",
        SocketError.AddressNotAvailable =>
            $"{address} is not an address of this machine; correct the listen address or leave it empty",
        SocketError.AccessDenied =>
            $"TCP port {port} on {address} may not be opened by this user; choose a port above 1023 or grant the right to bind it",
        _ => $"TCP port {port} on {address} cannot be opened: {exception.Message}",
    };
}
