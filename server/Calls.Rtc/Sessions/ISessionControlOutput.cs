using Calls.Rtc.Ice;

namespace Calls.Rtc.Sessions;

/// <summary>What a session's control does to the outside. Called from its mailbox only.</summary>
internal interface ISessionControlOutput
{
    /// <summary>Sends a DTLS datagram to where the client is; dropped while no path is known.</summary>
    void SendDatagram(ReadOnlySpan<byte> datagram);

    /// <summary>Sends a message to the client's signaling.</summary>
    void SendToClient(RtcMessageType type, ReadOnlyMemory<byte> data);

    /// <summary>Checks for these credentials belong to this session from now on.</summary>
    void OnLocalCredentials(IceCredentials credentials);

    /// <summary>Something went wrong that the operator counts.</summary>
    void OnError(RtcErrorKind error);

    /// <summary>Something authenticated arrived outside the media path.</summary>
    void OnAuthenticatedPacket(long nowMs);

    /// <summary>The data channel is open: the session is owed what the others of its call send.</summary>
    void OnReadyToReceive();

    /// <summary>An offer of ours has got the lock of the negotiation.</summary>
    void OnLockTaken(long waitedMs);

    /// <summary>An offer of ours has been answered or given up.</summary>
    void OnLockReleased(long heldMs);

    /// <summary>An offer of ours was not answered in time.</summary>
    void OnOfferUnanswered();

    /// <summary>A client's report over the data channel.</summary>
    void OnQuality(RtcQuality quality, double value);

    /// <summary>The session is over. Called once, last.</summary>
    void OnClosed(RtcCloseReason reason);
}
