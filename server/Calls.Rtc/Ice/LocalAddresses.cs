using System.Net;
using System.Net.Sockets;

namespace Calls.Rtc.Ice;

/// <summary>Which of the machine's addresses media is served on (media.md 1.2).</summary>
/// <param name="Udp">Most preferred first; empty if there is nothing to listen on.</param>
/// <param name="Tcp">The same for ICE-TCP.</param>
public sealed record LocalAddresses(IReadOnlyList<IPAddress> Udp, IReadOnlyList<IPAddress> Tcp)
{
    /// <summary>More are served only if they are configured: each costs every client two candidates and every loop two sockets.</summary>
    public const int MaxUnasked = 16;

    /// <summary>Applies ICEAddressUDP and ICEAddressTCP: either list restricts both transports, its own one first.</summary>
    /// <param name="udpConfigured">A wildcard counts as no entry (DEV-17).</param>
    public static LocalAddresses Choose(
        IReadOnlyCollection<InterfaceAddress> interfaces,
        IReadOnlyCollection<IPAddress> udpConfigured,
        IReadOnlyCollection<IPAddress> tcpConfigured,
        bool enableIPv6)
    {
        IReadOnlyList<IPAddress> kept = Select(interfaces, [.. udpConfigured, .. tcpConfigured], enableIPv6);
        return new(Restrict(kept, udpConfigured), Restrict(kept, tcpConfigured));
    }

    /// <summary>
    /// Filters the addresses of all interfaces, best candidate first: IPv6, IPv4, loopback last, and of each the one with the default
    /// route first. Container networks and link-local addresses are used only if they are configured.
    /// </summary>
    /// <param name="configured">Addresses to restrict the choice to; empty = no restriction.</param>
    public static IReadOnlyList<IPAddress> Select(
        IReadOnlyCollection<InterfaceAddress> interfaces, IReadOnlyCollection<IPAddress> configured, bool enableIPv6)
    {
        var chosen = configured.Where(address => !IsWildcard(address)).ToHashSet();
        IEnumerable<IPAddress> selected = interfaces
            .Where(entry => IsPossible(entry.Address, enableIPv6) && (chosen.Count == 0 ? IsUsedUnasked(entry) : chosen.Contains(entry.Address)))
            .OrderBy(static entry => Rank(entry.Address))
            .ThenBy(static entry => entry.HasGateway ? 0 : 1)
            .Select(static entry => entry.Address)
            .Distinct();
        return [.. chosen.Count == 0 ? selected.Take(MaxUnasked) : selected];
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

    private static IReadOnlyList<IPAddress> Restrict(IReadOnlyList<IPAddress> kept, IReadOnlyCollection<IPAddress> configured) =>
        configured.All(IsWildcard) ? kept : [.. kept.Where(configured.Contains)];

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // An IPv6 link-local address means nothing without the interface, which no candidate can carry.
    private static bool IsPossible(IPAddress address, bool enableIPv6) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !IsWildcard(address),
        AddressFamily.InterNetworkV6 => enableIPv6
            && !IsWildcard(address)
            && !address.IsIPv6LinkLocal
            && !address.IsIPv6Multicast
            && !address.IsIPv4MappedToIPv6,
        _ => false,
    };

    // IPv4 includes loopback, which is offered only where there is nothing else. IPv6 is global unicast in the reference's sense,
    // which includes unique local addresses.
    private static bool IsUsedUnasked(InterfaceAddress entry) => entry.Address.AddressFamily == AddressFamily.InterNetwork
        ? !entry.IsContainerBridge && !IsIPv4LinkLocal(entry.Address)
        : !entry.IsContainerBridge && !IPAddress.IsLoopback(entry.Address);

    // RFC 3927: 169.254.0.0/16.
    private static bool IsIPv4LinkLocal(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) && bytes[0] == 169 && bytes[1] == 254;
    }
}
