using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Ice;
using Calls.Rtc.Stun;

namespace Calls.Rtc;

/// <summary>Which addresses a media server listens on and how they look from outside (media.md 1.2, 1.5, 1.6).</summary>
internal static class AddressGathering
{
    /// <summary>Where to listen and what to say of it, as far as the settings and the machine tell.</summary>
    /// <exception cref="RtcException">There is nothing to listen on, or a setting means nothing; the text says what to do.</exception>
    public static (CandidateSources Sources, IReadOnlyList<InterfaceAddress> Interfaces) Choose(RtcServerOptions options)
    {
        IReadOnlyList<InterfaceAddress> interfaces = options.Driver is null
            ? InterfaceAddress.OfThisMachine()
            : options.Driver.Interfaces ?? [.. options.ListenAddresses.Select(static address => new InterfaceAddress(address))];
        var local = LocalAddresses.Choose(interfaces, options.ListenAddresses, options.TcpListenAddresses, options.EnableIPv6);
        if (local.Udp.Count == 0)
        {
            throw NoAddress(options.ListenAddresses, options.EnableIPv6);
        }

        if (local.Tcp.Count == 0 && options.TcpPort is not null)
        {
            throw NoAddress(options.TcpListenAddresses, options.EnableIPv6);
        }

        IceHostOverride? hostOverride = null;
        if (options.IceHostOverride.Length > 0 && !IceHostOverride.TryParse(options.IceHostOverride, out hostOverride))
        {
            throw new RtcException($"ICEHostOverride \"{options.IceHostOverride}\" is neither an address, a host name nor a list of external/internal pairs");
        }

        var sources = new CandidateSources
        {
            UdpAddresses = local.Udp,
            UdpPort = options.UdpPort,
            TcpAddresses = options.TcpPort is null ? [] : local.Tcp,
            HostOverride = hostOverride,
            PortOverride = options.IceHostPortOverride?.PortFor(local.Udp.Concat(local.Tcp)),
        };
        return (sources, interfaces);
    }

    /// <summary>Public addresses by local address; empty if nobody was asked or nobody answered.</summary>
    public static async Task<IReadOnlyDictionary<IPAddress, IPAddress>> DiscoverAsync(
        RtcServerOptions options, CandidateSources sources, TimeProvider time, CancellationToken cancellation)
    {
        List<IPAddress> local = [.. sources.UdpAddresses.Union(sources.TcpAddresses).Where(static address => !IPAddress.IsLoopback(address))];
        var servers = new List<StunServerUrl>();
        foreach (string text in options.IceServerUrls)
        {
            if (StunServerUrl.TryParse(text, out StunServerUrl? url))
            {
                servers.Add(url);
            }
        }

        if (servers.Count == 0 || local.Count == 0)
        {
            return new Dictionary<IPAddress, IPAddress>();
        }

        IReadOnlyDictionary<IPAddress, IPAddress> found = options.Driver is null
            ? await PublicAddressDiscovery.DiscoverAsync(local, options.UdpPort, servers, Dns.GetHostAddressesAsync, time, cancellation).ConfigureAwait(false)
            : options.Driver.Discover?.Invoke(local) ?? new Dictionary<IPAddress, IPAddress>();
        foreach (IPAddress address in local)
        {
            options.Log?.Invoke(found.TryGetValue(address, out IPAddress? seen)
                ? $"STUN: {address} is {seen} from outside"
                : $"STUN: nobody answered {address}; clients are told this address itself. Set ICEHostOverride if they cannot reach it");
        }

        return found;
    }

    private static RtcException NoAddress(IReadOnlyList<IPAddress> wanted, bool enableIPv6)
    {
        if (wanted.Count == 0)
        {
            return new("no valid address to listen on was found");
        }

        return new(!enableIPv6 && wanted.All(static address => address.AddressFamily == AddressFamily.InterNetworkV6)
            ? $"{string.Join(", ", wanted)} is IPv6, which is off; turn EnableIPv6 on"
            : $"none of {string.Join(", ", wanted)} is an address of this machine; give one that is, or none to use them all");
    }
}
