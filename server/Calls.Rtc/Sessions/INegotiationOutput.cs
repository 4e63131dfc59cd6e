using Calls.Rtc.Sdp;

namespace Calls.Rtc.Sessions;

/// <summary>The way a description travels. An answer takes the way its offer came (media.md 3.1).</summary>
internal enum SignalingPath
{
    WebSocket,
    DataChannel,
}

/// <summary>What a negotiation does to the outside.</summary>
internal interface INegotiationOutput
{
    void SendDescription(SignalingPath path, SessionDescriptionMessage description);

    /// <summary>Sends the map of sections to tracks over the data channel; returns the number its acknowledgement will carry.</summary>
    long SendMediaMap(IReadOnlyList<MediaMapEntry> map);

    void SendLockReply(bool granted);

    /// <summary>A description was applied: what the client sends and what is bound to it may have changed.</summary>
    void OnDescriptionApplied();

    /// <summary>An offer of ours has got the lock; it was wanted for so long.</summary>
    void OnLockTaken(long waitedMs);

    /// <summary>An offer of ours has been answered or given up.</summary>
    void OnLockReleased(long heldMs);

    /// <summary>An offer of ours was not answered in time.</summary>
    void OnOfferUnanswered();

    /// <summary>The client cannot be negotiated with: the session is to be closed.</summary>
    void OnNegotiationFailed();
}
