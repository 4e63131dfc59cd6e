using System.Net;
using System.Net.Sockets;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;

namespace Calls.Server.Commands.Doctor;

/// <summary>Whether the ports can be had, and how large a media socket's buffers become.</summary>
internal static class PortChecks
{
    // What UDP bursts of a large call need; less loses packets under load.
    private const int WantedBuffer = 4 << 20;
    private const string Service = "calls";

    public static IEnumerable<CheckLine> Run(SidecarOptions options, CallsSettings settings)
    {
        foreach (IPEndPoint endpoint in options.HttpListen)
        {
            yield return Check("HttpListen", endpoint, isTcp: true);
        }

        if (options.AdminListen is { } admin)
        {
            yield return Check("AdminListen", admin, isTcp: true);
        }

        if (settings.RTCDServiceURL.Length > 0)
        {
            yield break;
        }

        yield return Check("UDPServerPort", new(AddressOf(settings.UDPServerAddress), settings.UDPServerPort), isTcp: false);
        yield return Check("TCPServerPort", new(AddressOf(settings.TCPServerAddress), settings.TCPServerPort), isTcp: true);
        yield return CheckBuffers();
    }

    internal static CheckLine Check(string name, IPEndPoint endpoint, bool isTcp)
    {
        string port = $"{(isTcp ? "TCP" : "UDP")} port {endpoint.Port} on {endpoint.Address}";
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
            socket.Bind(endpoint);
            return CheckLine.Pass(name, $"{port} is free");
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            string? owner = PortOwner.Find(endpoint.Port, isTcp);
            return owner?.StartsWith(Service, StringComparison.Ordinal) == true || owner?.StartsWith("dotnet", StringComparison.Ordinal) == true
                ? CheckLine.Pass(name, $"{port} is taken by {owner}: the service is running")
                : CheckLine.Fail(name, $"{port} is taken by {owner ?? "another program"}; stop it or choose another port with {name}");
        }
        catch (SocketException failure)
        {
            return CheckLine.Fail(name, $"{port} cannot be opened ({failure.Message}); correct {name}");
        }
    }

    private static CheckLine CheckBuffers()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveBufferSize = WantedBuffer;
        socket.SendBufferSize = WantedBuffer;

        // Linux reports twice what it grants.
        int received = OperatingSystem.IsLinux() ? socket.ReceiveBufferSize / 2 : socket.ReceiveBufferSize;
        int sent = OperatingSystem.IsLinux() ? socket.SendBufferSize / 2 : socket.SendBufferSize;
        return Math.Min(received, sent) >= WantedBuffer
            ? CheckLine.Pass("Socket buffers", $"{WantedBuffer >> 10} KiB are granted each way")
            : CheckLine.Warn("Socket buffers", $"only {received >> 10} KiB in and {sent >> 10} KiB out of {WantedBuffer >> 10} KiB are granted; large calls may lose packets. Set net.core.rmem_max and net.core.wmem_max to {WantedBuffer}");
    }

    private static IPAddress AddressOf(string text) => text.Length == 0 ? IPAddress.Any : IPAddress.Parse(text);
}
