using Calls.Rtc.Transport;

namespace Calls.Rtc.PeerTests;

/// <summary>A path without sockets. Two paths to the same address are equal, as real ones are.</summary>
internal sealed class EmulatedPath(TransportAddress remote) : TransportPath, IEquatable<EmulatedPath>
{
    public override TransportAddress Remote { get; } = remote;

    public bool Equals(EmulatedPath? other) => other is not null && other.Remote == Remote;

    public override bool Equals(object? obj) => Equals(obj as EmulatedPath);

    public override int GetHashCode() => Remote.GetHashCode();
}
