using System.Globalization;
using System.Net;
using System.Text;
using Calls.Rtc.Crypto;

namespace Calls.Rtc.Ice;

/// <summary>Turns local addresses and the override settings into the candidates that are offered (media.md 1.6 and 1.7).</summary>
public static class CandidateAddresses
{
    private const int RtpComponent = 1;

    /// <summary>
    /// Host candidates of component 1 with unique priorities, UDP before TCP. No <c>address:port</c> occurs twice per transport, and
    /// loopback is offered only where there is nothing else.
    /// </summary>
    public static IReadOnlyList<IceCandidate> Build(CandidateSources sources)
    {
        var candidates = new List<IceCandidate>();
        AddCandidates(candidates, sources, sources.UdpAddresses, sources.UdpPort, isTcp: false);
        AddCandidates(candidates, sources, sources.TcpAddresses, sources.TcpPort, isTcp: true);
        return candidates;
    }

    private static void AddCandidates(
        List<IceCandidate> candidates, CandidateSources sources, IReadOnlyList<IPAddress> local, int port, bool isTcp)
    {
        List<Advertised> advertised = [.. Advertise(sources, local).Distinct()];
        bool hasRoutable = advertised.Exists(entry => !IPAddress.IsLoopback(entry.Address));
        int rank = 0;
        foreach (Advertised entry in advertised.OrderBy(entry => LocalAddresses.Rank(entry.Address)))
        {
            if (hasRoutable && IPAddress.IsLoopback(entry.Address))
            {
                continue;
            }

            int advertisedPort = entry.IsExternal ? sources.PortOverride ?? port : port;
            string host = entry.Address.ToString();
            if (candidates.Exists(other => other.IsTcp == isTcp && other.Host == host && other.Port == advertisedPort))
            {
                continue;
            }

            candidates.Add(new(
                Foundation(host, isTcp),
                RtpComponent,
                isTcp,
                IcePriority.Host(isTcp, rank++),
                host,
                advertisedPort,
                IceCandidateType.Host,
                isTcp ? IceTcpType.Passive : IceTcpType.None));
        }
    }

    private static IEnumerable<Advertised> Advertise(CandidateSources sources, IReadOnlyList<IPAddress> local)
    {
        if (sources.HostOverride is null)
        {
            return local.Select(address => sources.DiscoveredAddresses.TryGetValue(address, out IPAddress? found)
                ? new Advertised(found, IsExternal: true)
                : new Advertised(address, IsExternal: false));
        }

        return sources.OverrideAddress is null
            ? local.SelectMany(address => Map(sources.HostOverride, address))
            : local.Select(address => Override(sources.OverrideAddress, address, local));
    }

    // DEV-2: an address that no mapping names is advertised as itself.
    private static IEnumerable<Advertised> Map(IceHostOverride hostOverride, IPAddress local) => hostOverride.Mappings
        .Where(mapping => mapping.Internal.Equals(local))
        .Select(mapping => new Advertised(mapping.External, IsExternal: !mapping.External.Equals(local)))
        .DefaultIfEmpty(new(local, IsExternal: false));

    // One override for all addresses of its family. Loopback keeps out of it, unless it is all there is.
    private static Advertised Override(IPAddress external, IPAddress local, IReadOnlyList<IPAddress> all)
    {
        bool isOnly = all.Count(address => address.AddressFamily == external.AddressFamily) == 1;
        bool applies = local.AddressFamily == external.AddressFamily && (isOnly || !IPAddress.IsLoopback(local));
        IPAddress advertised = applies ? external : local;
        return new(advertised, IsExternal: advertised.Equals(external));
    }

    private static string Foundation(string host, bool isTcp) =>
        Crc32.Compute(Encoding.ASCII.GetBytes($"host {host} {(isTcp ? "tcp" : "udp")}")).ToString(CultureInfo.InvariantCulture);

    private readonly record struct Advertised(IPAddress Address, bool IsExternal);
}
