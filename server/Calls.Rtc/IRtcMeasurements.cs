namespace Calls.Rtc;

/// <summary>States of a session's transport that are counted (rtcd.md 10).</summary>
public enum RtcConnectionState
{
    /// <summary>The handshake is done.</summary>
    Connected,

    /// <summary>Nothing authenticated arrived for 5 s.</summary>
    Disconnected,

    /// <summary>The client vanished, or its handshake failed.</summary>
    Failed,

    /// <summary>The session is over, for whatever reason.</summary>
    Closed,
}

/// <summary>What went wrong with a session.</summary>
public enum RtcErrorKind
{
    /// <summary>No working path was found, or the one there was is gone.</summary>
    Ice,

    /// <summary>The first offer is missing, or a description is unusable.</summary>
    Signaling,

    /// <summary>An offer of ours got no answer.</summary>
    Track,
}

/// <summary>What a client measures and reports over the data channel (media.md 5.4).</summary>
public enum RtcQuality
{
    /// <summary>0 to 1.</summary>
    LossRate,

    /// <summary>Seconds.</summary>
    RoundTripTime,

    /// <summary>Seconds.</summary>
    Jitter,
}

/// <summary>Takes what the media server measures. Called from its threads, never from the packet path; must not block.</summary>
public interface IRtcMeasurements
{
    void OnState(RtcConnectionState state);

    void OnError(string groupId, RtcErrorKind kind);

    /// <summary>The handshake is done.</summary>
    /// <param name="sinceCreation">Time since the session was created.</param>
    void OnConnected(string groupId, TimeSpan sinceCreation);

    /// <summary>The data channel is open.</summary>
    /// <param name="sinceAnswer">Time since the first answer.</param>
    void OnDataChannelOpen(string groupId, TimeSpan sinceAnswer);

    /// <summary>An offer of ours has got the lock of the negotiation.</summary>
    /// <param name="waited">Time since it was wanted.</param>
    void OnLockTaken(string groupId, TimeSpan waited);

    /// <summary>An offer of ours has been answered or given up.</summary>
    void OnLockReleased(string groupId, TimeSpan held);

    /// <summary>A client's report; finite, but otherwise as the client says.</summary>
    void OnQuality(string groupId, RtcQuality quality, double value);
}
