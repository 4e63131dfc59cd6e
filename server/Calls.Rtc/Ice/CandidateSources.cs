using System.Net;

namespace Calls.Rtc.Ice;

/// <summary>Everything that decides which candidates a server offers (media.md 1.6).</summary>
public sealed record CandidateSources
{
    /// <summary>Addresses with a UDP socket, most preferred first.</summary>
    public required IReadOnlyList<IPAddress> UdpAddresses { get; init; }

    public required int UdpPort { get; init; }

    /// <summary>Addresses with a TCP listener; empty without ICE-TCP.</summary>
    public IReadOnlyList<IPAddress> TcpAddresses { get; init; } = [];

    public int TcpPort { get; init; }

    /// <summary>The setting ICEHostOverride, <c>null</c> if unset.</summary>
    public IceHostOverride? HostOverride { get; init; }

    /// <summary>What <see cref="IceHostOverride.ResolveAsync"/> gave.</summary>
    public IPAddress? OverrideAddress { get; init; }

    /// <summary>Public addresses found through STUN, by local address. Ignored when there is an override.</summary>
    public IReadOnlyDictionary<IPAddress, IPAddress> DiscoveredAddresses { get; init; } = new Dictionary<IPAddress, IPAddress>();

    /// <summary>The setting ICEHostPortOverride for this node, <c>null</c> if unset.</summary>
    public int? PortOverride { get; init; }
}
