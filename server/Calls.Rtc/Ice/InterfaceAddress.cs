using System.Net;
using System.Net.NetworkInformation;
using System.Text.RegularExpressions;

namespace Calls.Rtc.Ice;

/// <summary>An address of this machine.</summary>
/// <param name="Interface">The name of the interface that has it.</param>
/// <param name="HasGateway">Whether a default route leads through that interface.</param>
public sealed partial record InterfaceAddress(IPAddress Address, string Interface = "", bool HasGateway = false)
{
    /// <summary>
    /// Whether it is this machine's end of a network of its own containers or virtual machines: nobody else can reach it. Told by the
    /// names that the usual programs give; an interface with a default route is never one.
    /// </summary>
    public bool IsContainerBridge => !HasGateway && ContainerNames().IsMatch(Interface);

    /// <summary>All addresses of all interfaces that are up, in the system's order.</summary>
    public static IReadOnlyList<InterfaceAddress> OfThisMachine()
    {
        var found = new List<InterfaceAddress>();
        foreach (NetworkInterface network in NetworkInterface.GetAllNetworkInterfaces())
        {
            // Linux does not know of loopback and tunnels whether they are up.
            if (network.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
            {
                continue;
            }

            IPInterfaceProperties properties = network.GetIPProperties();
            bool hasGateway = properties.GatewayAddresses.Count > 0;
            found.AddRange(properties.UnicastAddresses.Select(unicast => new InterfaceAddress(unicast.Address, network.Name, hasGateway)));
        }

        return found;
    }

    [GeneratedRegex("^(docker|br-[0-9a-f]{12}$|podman|cni|veth|virbr|lxcbr|lxdbr|incusbr|flannel|cilium|cali|weave|kube-|nodelocaldns)")]
    private static partial Regex ContainerNames();
}
