namespace Calls.Rtc.Transport;

/// <summary>Where a STUN datagram came from. Nothing is allocated for it until <see cref="CreatePath"/>.</summary>
public readonly struct DatagramSource
{
    internal DatagramSource(MediaLoop loop, TransportAddress remote, int localIndex, TransportPath? path, object? session)
    {
        Loop = loop;
        Remote = remote;
        LocalIndex = localIndex;
        Path = path;
        Session = session;
    }

    public TransportAddress Remote { get; }

    public int LocalIndex { get; }

    /// <summary>The registered path, <c>null</c> before the first authenticated check from there.</summary>
    public TransportPath? Path { get; }

    /// <summary>The session that <see cref="Path"/> is registered for.</summary>
    public object? Session { get; }

    private MediaLoop Loop { get; }

    /// <summary>A path for <see cref="MediaLoop.Register"/>. Only for authenticated sources: it allocates.</summary>
    public TransportPath CreatePath() => Path ?? new UdpPath(Loop, LocalIndex, Remote);
}
