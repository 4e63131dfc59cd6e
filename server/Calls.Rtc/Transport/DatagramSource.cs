namespace Calls.Rtc.Transport;

/// <summary>Where a STUN datagram came from. Nothing is allocated for it until <see cref="PathFor"/>.</summary>
public readonly struct DatagramSource
{
    internal DatagramSource(MediaLoop loop, TransportAddress remote, int localIndex, TransportPath? path, object? session, TcpPath? connection = null)
    {
        Connection = connection;
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

    /// <summary>Set for what came over TCP, whether registered or not.</summary>
    private TcpPath? Connection { get; }

    /// <summary>Whether the session may be served there: a connection belongs to one session at a time (media.md 9.4), an address moves.</summary>
    public bool IsOpenTo(object session) => Connection is null || Session is null || ReferenceEquals(Session, session);

    /// <summary>
    /// The path to register for a session: the connection, or the one it already has there, else a new one. Only for authenticated sources: it
    /// allocates. An address that belonged to another session gets a path of its own, so that the other's end does not end it.
    /// </summary>
    public TransportPath PathFor(object session) => Connection
        ?? (Path is not null && ReferenceEquals(Session, session) ? Path : new UdpPath(Loop, LocalIndex, Remote));
}
