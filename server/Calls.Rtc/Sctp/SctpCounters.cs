namespace Calls.Rtc.Sctp;

/// <summary>What an association saw. Written by its owner only; may be read from anywhere.</summary>
public sealed class SctpCounters
{
    public long PacketsReceived { get; internal set; }

    public long PacketsSent { get; internal set; }

    /// <summary>Packets with a broken header, wrong ports, or a chunk or parameter whose length cannot be.</summary>
    public long Malformed { get; internal set; }

    public long BadChecksum { get; internal set; }

    public long BadVerificationTag { get; internal set; }

    /// <summary>COOKIE ECHOs that are not ours or too old.</summary>
    public long BadCookie { get; internal set; }

    /// <summary>Chunks of a type that we do not know, or that make no sense in the state we are in.</summary>
    public long UnexpectedChunks { get; internal set; }

    /// <summary>ERROR chunks of the peer.</summary>
    public long ErrorsReceived { get; internal set; }

    public long DuplicateData { get; internal set; }

    /// <summary>DATA chunks dropped because the window was full; the peer sends them again.</summary>
    public long DataOutsideWindow { get; internal set; }

    public long Retransmissions { get; internal set; }

    public long FastRetransmissions { get; internal set; }

    /// <summary>Messages refused because too much waits to be sent.</summary>
    public long SendQueueOverflows { get; internal set; }
}
