namespace Calls.Rtc.Transport;

/// <summary>A peer's connection to the media port: what has arrived of its next packet, and what waits to leave.</summary>
/// <remarks>Belongs to one loop.</remarks>
internal sealed class TcpConnection
{
    public TcpConnection(IStreamSocket stream, TransportAddress remote, int localIndex, MediaLoop loop, StreamSegments memory)
    {
        Stream = stream;
        Remote = remote;
        LocalIndex = localIndex;
        Outbound = new(memory);
        Path = new(this, loop);
    }

    public IStreamSocket Stream { get; }

    public TransportAddress Remote { get; }

    public int LocalIndex { get; }

    public TcpPath Path { get; }

    public FrameReader Inbound { get; } = new();

    public OutboundFrames Outbound { get; }

    /// <summary>Its place in the loop's table.</summary>
    public int Slot { get; set; }

    /// <summary>The session that has proven itself here; one connection never serves two at a time (media.md 9.4).</summary>
    public object? Session { get; set; }

    /// <summary>When it is closed if nothing happens.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>When the peer last took a byte while it had some to take.</summary>
    public long LastProgressMs { get; set; }

    /// <summary>In the list of those that are written to at the end of the batch.</summary>
    public bool IsQueued { get; set; }

    /// <summary>The system takes no more at present; the loop waits until it does.</summary>
    public bool IsBlocked { get; set; }

    public bool IsClosed { get; set; }
}
