using System.Net;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Tests.Ice;

/// <summary>A path without sockets; two for the same remote and local address are equal.</summary>
internal sealed class TestPath(string remote, bool isTcp = false, int local = 0) : TransportPath
{
    public override TransportAddress Remote { get; } = TransportAddress.From(IPEndPoint.Parse(remote), isTcp);

    public override int LocalIndex { get; } = local;

    public override bool Equals(object? other) => other is TestPath path && path.Remote == Remote && path.LocalIndex == LocalIndex;

    public override int GetHashCode() => Remote.GetHashCode();
}
