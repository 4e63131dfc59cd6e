using System.Net;

namespace Calls.Rtc.Transport;

/// <summary>A peer's UDP address together with the local address that it talks to.</summary>
/// <remarks>Two paths with the same addresses are equal, whichever loop receives them.</remarks>
public sealed class UdpPath : TransportPath, IEquatable<UdpPath>
{
    internal UdpPath(MediaLoop? loop, int localIndex, TransportAddress remote)
    {
        Loop = loop;
        LocalIndex = localIndex;
        Remote = remote;
        SocketAddress = remote.ToEndPoint().Serialize();
    }

    public override TransportAddress Remote { get; }

    public override int LocalIndex { get; }

    public override MediaLoop? Loop { get; }

    /// <summary>The sockaddr that the kernel takes; never changed after construction.</summary>
    internal SocketAddress SocketAddress { get; }

    public bool Equals(UdpPath? other) => other is not null && other.Remote == Remote && other.LocalIndex == LocalIndex;

    public override bool Equals(object? obj) => Equals(obj as UdpPath);

    public override int GetHashCode() => PathKey.From(Remote, LocalIndex).GetHashCode();
}
