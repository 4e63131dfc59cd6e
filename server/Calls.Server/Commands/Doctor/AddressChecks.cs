using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Calls.Server.Configuration;
using Calls.Server.Mattermost;

namespace Calls.Server.Commands.Doctor;

/// <summary>Which addresses clients are told to send their media to, and whether others than this network can reach them.</summary>
internal static class AddressChecks
{
    public static CheckLine Run(CallsSettings settings)
    {
        if (settings.ICEHostOverride.Length > 0)
        {
            return CheckOverride(settings.ICEHostOverride);
        }

        IPAddress[] addresses = settings.UDPServerAddress.Length > 0 ? [IPAddress.Parse(settings.UDPServerAddress)] : [.. Local()];
        string list = string.Join(", ", addresses.Select(static address => address.ToString()));
        bool isPublic = addresses.Any(static address => !IsPrivate(address));
        bool hasStun = settings.ICEServersConfigs.Any(static server => server.Urls.Any(static url => url.StartsWith("stun:", StringComparison.OrdinalIgnoreCase)));
        return isPublic || hasStun
            ? CheckLine.Pass("Media addresses", isPublic ? list : $"{list}, and the public one that the STUN server tells")
            : CheckLine.Warn("Media addresses", $"{list} are private: clients outside of this network cannot reach them. Set ICEHostOverride to the public address, or a STUN server");
    }

    private static CheckLine CheckOverride(string given)
    {
        string host = given.Split(',')[0].Split('/')[0].Trim();
        try
        {
            IPAddress[] resolved = Dns.GetHostAddresses(host);
            return CheckLine.Pass("Media addresses", $"{given} ({string.Join(", ", resolved.Select(static address => address.ToString()))}), as ICEHostOverride says");
        }
        catch (SocketException)
        {
            return CheckLine.Fail("Media addresses", $"{host} of ICEHostOverride cannot be resolved");
        }
    }

    private static IEnumerable<IPAddress> Local() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static nic => nic.OperationalStatus == OperationalStatus.Up)
        .SelectMany(static nic => nic.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .Where(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    // RFC 1918, RFC 6598, RFC 3927.
    private static bool IsPrivate(IPAddress address) => address.GetAddressBytes() is var b && b.Length == 4
        && (b[0] is 10 or 127 || (b[0] == 172 && b[1] is >= 16 and <= 31) || (b[0] == 192 && b[1] == 168) || (b[0] == 100 && b[1] is >= 64 and <= 127) || (b[0] == 169 && b[1] == 254));
}
