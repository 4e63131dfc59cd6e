namespace Calls.Rtc.Transport;

/// <summary>What loops have received, sent and dropped since they were opened.</summary>
public struct TransportCounters
{
    public long Received;
    public long ReceivedBytes;
    public long Sent;
    public long SentBytes;

    /// <summary>Datagrams longer than <see cref="PacketBuffer.MaxDatagram"/>.</summary>
    public long DroppedTooLong;

    /// <summary>Datagrams of no protocol that shares the port.</summary>
    public long DroppedUnknownProtocol;

    /// <summary>DTLS, SRTP or SRTCP from an address that no authenticated check came from.</summary>
    public long DroppedUnregistered;

    /// <summary>Packets for a path that is not one of this transport's.</summary>
    public long DroppedForeignPath;

    /// <summary>Packets that found the socket's send buffer full.</summary>
    public long DroppedSendBufferFull;

    /// <summary>Packets that the kernel refused: no route, forbidden by a firewall, and the like.</summary>
    public long SendErrors;

    /// <summary>Packets for another loop that found its queue full.</summary>
    public long ForwardsRefused;

    /// <summary>Control messages that found a loop's queue full.</summary>
    public long MessagesRefused;

    /// <summary>Connections taken on the TCP port.</summary>
    public long TcpAccepted;

    /// <summary>Connections that have ended, whoever ended them.</summary>
    public long TcpClosed;

    /// <summary>Connections refused, as their address had enough that have proven nothing.</summary>
    public long TcpRefusedFromAddress;

    /// <summary>Connections refused, as there were enough in all.</summary>
    public long TcpRefusedTooMany;

    /// <summary>Connections closed for what they began with: no check, or a forged one.</summary>
    public long TcpClosedUnproven;

    /// <summary>Connections closed for a length that no packet has.</summary>
    public long TcpClosedFraming;

    /// <summary>Connections closed for their silence: before a check was proven, or later.</summary>
    public long TcpClosedIdle;

    /// <summary>Connections closed because their peer takes nothing.</summary>
    public long TcpClosedSlow;

    /// <summary>Packets that found the queue of their connection full.</summary>
    public long DroppedTcpBacklogFull;

    /// <summary>Packets for a connection that has ended.</summary>
    public long DroppedTcpClosed;

    /// <summary>Packets for a connection of another loop that found its queue full.</summary>
    public long DroppedTcpHandOverFull;

    /// <summary>Exceptions that left a handler: each is a defect of ours.</summary>
    public long HandlerFaults;

    public void Add(in TransportCounters other)
    {
        Received += other.Received;
        ReceivedBytes += other.ReceivedBytes;
        Sent += other.Sent;
        SentBytes += other.SentBytes;
        DroppedTooLong += other.DroppedTooLong;
        DroppedUnknownProtocol += other.DroppedUnknownProtocol;
        DroppedUnregistered += other.DroppedUnregistered;
        DroppedForeignPath += other.DroppedForeignPath;
        DroppedSendBufferFull += other.DroppedSendBufferFull;
        SendErrors += other.SendErrors;
        ForwardsRefused += other.ForwardsRefused;
        MessagesRefused += other.MessagesRefused;
        TcpAccepted += other.TcpAccepted;
        TcpClosed += other.TcpClosed;
        TcpRefusedFromAddress += other.TcpRefusedFromAddress;
        TcpRefusedTooMany += other.TcpRefusedTooMany;
        TcpClosedUnproven += other.TcpClosedUnproven;
        TcpClosedFraming += other.TcpClosedFraming;
        TcpClosedIdle += other.TcpClosedIdle;
        TcpClosedSlow += other.TcpClosedSlow;
        DroppedTcpBacklogFull += other.DroppedTcpBacklogFull;
        DroppedTcpClosed += other.DroppedTcpClosed;
        DroppedTcpHandOverFull += other.DroppedTcpHandOverFull;
        HandlerFaults += other.HandlerFaults;
    }
}
