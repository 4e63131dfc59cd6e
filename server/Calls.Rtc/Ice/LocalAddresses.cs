using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Ice;

/// <summary>Which of the machine's addresses media is served on (media.md 1.2).</summary>
public static class LocalAddresses
{
    /// <summary>Filters the addresses of all interfaces that are up, best candidate first: IPv6, IPv4, loopback last.</summary>
    /// <param name="interfaces">As enumerated, in the system's order.</param>
    /// <param name="configured">Entries of ICEAddressUDP or ICEAddressTCP; a wildcard counts as no entry (DEV-17).</param>
    /// <returns>Empty if nothing is left to listen on.</returns>
    public static IReadOnlyList<IPAddress> Select(
        IEnumerable<IPAddress> interfaces, IReadOnlyCollection<IPAddress> configured, bool enableIPv6)
    {
        var chosen = configured.Where(address => !IsWildcard(address)).ToHashSet();
        return [.. interfaces
            .Distinct()
            .Where(address => IsUsable(address, enableIPv6) && (chosen.Count == 0 || chosen.Contains(address)))
            .OrderBy(Rank)];
    }

    /// <summary>Where an address stands in the order of RFC 8445, section 5.1.2.2: smaller is better.</summary>
    internal static int Rank(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
        {
            return 2;
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 ? 0 : 1;
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // IPv4 includes loopback; IPv6 is global unicast in the reference's sense, which includes unique local addresses.
    private static bool IsUsable(IPAddress address, bool enableIPv6) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !IsWildcard(address),
        AddressFamily.InterNetworkV6 => enableIPv6
            && !IsWildcard(address)
            && !IPAddress.IsLoopback(address)
            && !address.IsIPv6LinkLocal
            && !address.IsIPv6Multicast
            && !address.IsIPv4MappedToIPv6,
        _ => false,
    };
}
