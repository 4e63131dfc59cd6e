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
        HandlerFaults += other.HandlerFaults;
    }
}
