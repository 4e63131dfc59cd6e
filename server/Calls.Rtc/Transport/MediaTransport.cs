using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Transport;

/// <summary>All loops that serve media on one UDP port and, if asked to, one TCP port.</summary>
/// <remarks>Open, start, dispose. Dispose ends the loops and frees the port.</remarks>
public sealed class MediaTransport : IDisposable
{
    private readonly MediaLoop[] _loops;
    private readonly TcpAdmission _admission;
    private bool _isDisposed;

    private MediaTransport(
        MediaLoop[] loops,
        TcpAdmission admission,
        IReadOnlyList<IPEndPoint> localEndPoints,
        IReadOnlyList<IPEndPoint> tcpEndPoints,
        int receiveBuffer,
        int sendBuffer)
    {
        _loops = loops;
        _admission = admission;
        LocalEndPoints = localEndPoints;
        TcpEndPoints = tcpEndPoints;
        ReceiveBufferBytes = receiveBuffer;
        SendBufferBytes = sendBuffer;
    }

    public IReadOnlyList<MediaLoop> Loops => _loops;

    /// <summary>In the order of <see cref="TransportPath.LocalIndex"/>.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>In the order of <see cref="TransportPath.LocalIndex"/>; empty without ICE-TCP.</summary>
    public IReadOnlyList<IPEndPoint> TcpEndPoints { get; }

    public int Port => LocalEndPoints[0].Port;

    /// <summary>TCP connections open at present. Any thread.</summary>
    public int Connections => _admission.Open;

    /// <summary>Size of a socket's receive buffer as the system reports it. Linux reports twice what it granted, for its own overhead.</summary>
    public int ReceiveBufferBytes { get; }

    /// <inheritdoc cref="ReceiveBufferBytes"/>
    public int SendBufferBytes { get; }

    /// <summary>Opens the sockets of all loops; nothing is received before <see cref="Start"/>.</summary>
    /// <exception cref="RtcException">An option or the system does not allow it; the text says why and what to do.</exception>
    public static MediaTransport Open(MediaTransportOptions options, IDatagramHandler handler)
    {
        Validate(options);

        // Only Linux spreads the packets of one port over several sockets.
        int loopCount = OperatingSystem.IsLinux() ? options.LoopCount : 1;
        var admission = new TcpAdmission(options.Tcp);
        if (options.Sockets is { } make)
        {
            MediaLoop[] turned =
            [
                .. Enumerable.Range(0, options.LoopCount)
                    .Select(index => new MediaLoop(index, make(index), handler, options, options.Listeners?.Invoke(index) ?? [], admission)),
            ];
            return new(turned, admission, EndPoints(options.LocalAddresses, options.Port), EndPoints(options.TcpAddresses, options.TcpPort), receiveBuffer: 0, sendBuffer: 0);
        }

        (Socket[][] sockets, int port) = UdpSocketOpener.Open(options, loopCount);
        IStreamListener[][] listeners;
        int tcpPort = options.TcpPort;
        try
        {
            (listeners, tcpPort) = TcpListenerOpener.Open(options, loopCount, port);
        }
        catch (RtcException)
        {
            Array.ForEach(sockets, static ofLoop => Array.ForEach(ofLoop, static socket => socket.Dispose()));
            throw;
        }

        int receiveBuffer = sockets.Min(ofLoop => ofLoop.Min(socket => socket.ReceiveBufferSize));
        int sendBuffer = sockets.Min(ofLoop => ofLoop.Min(socket => socket.SendBufferSize));
        MediaLoop[] loops = [.. sockets.Select((ofLoop, index) => new MediaLoop(index, Wrap(ofLoop, options), handler, options, listeners[index], admission))];
        return new(loops, admission, EndPoints(options.LocalAddresses, port), EndPoints(options.TcpAddresses, tcpPort), receiveBuffer, sendBuffer);
    }

    public void Start()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        foreach (MediaLoop loop in _loops)
        {
            loop.Start();
        }
    }

    /// <summary>Sends one datagram past the batches: for DTLS and control. <c>false</c>: refused or closed. Any thread.</summary>
    public bool SendFromAnyThread(ReadOnlySpan<byte> datagram, TransportPath path) =>
        (path.Loop ?? _loops[0]).SendFromAnyThread(datagram, path);

    /// <summary>The counters of all loops together. Any thread.</summary>
    public TransportCounters ReadCounters()
    {
        TransportCounters sum = default;
        foreach (MediaLoop loop in _loops)
        {
            sum.Add(loop.ReadCounters());
        }

        return sum;
    }

    /// <summary>Ends the loops after their current turn and closes the sockets. Not from a loop.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (MediaLoop loop in _loops)
        {
            loop.Stop();
        }

        foreach (MediaLoop loop in _loops)
        {
            loop.Close();
        }
    }

    private static IReadOnlyList<IPEndPoint> EndPoints(IReadOnlyList<IPAddress> addresses, int port) =>
        [.. addresses.Select(address => new IPEndPoint(address, port))];

    private static DatagramSockets Wrap(Socket[] sockets, MediaTransportOptions options) =>
        options.UsePortableSockets || !LinuxNative.IsSupported
            ? new PortableDatagramSockets(sockets)
            : new LinuxDatagramSockets(sockets, options.UsesSegmentation);

    private static void Validate(MediaTransportOptions options)
    {
        if (options.LocalAddresses.Count == 0)
        {
            throw new RtcException("no valid address to listen on was found");
        }

        if (options.LocalAddresses.Count > MediaTransportOptions.MaxLocalAddresses)
        {
            throw new RtcException(
                $"{options.LocalAddresses.Count} addresses to listen on are more than the {MediaTransportOptions.MaxLocalAddresses} supported; "
                + "set the listen addresses to those that clients reach");
        }

        ValidateAddresses(options.LocalAddresses);
        ValidateAddresses(options.TcpAddresses);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LoopCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TickMs, 1);
        ValidatePort(options.Port);
        ValidatePort(options.TcpPort);
    }

    private static void ValidateAddresses(IReadOnlyList<IPAddress> addresses)
    {
        foreach (IPAddress address in addresses)
        {
            if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            {
                throw new RtcException($"{address} is no address to answer from; list the addresses of this machine instead");
            }

            if (addresses.Count(other => other.Equals(address)) > 1)
            {
                throw new RtcException($"{address} is listed twice as an address to listen on");
            }
        }
    }

    private static void ValidatePort(int port)
    {
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            throw new RtcException($"{port} is not a port number");
        }
    }
}
