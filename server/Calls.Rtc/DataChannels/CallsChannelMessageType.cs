namespace Calls.Rtc.DataChannels;

/// <summary>Messages on <c>calls-dc</c> (media.md 5.2). C and S say who sends them.</summary>
public enum CallsChannelMessageType : byte
{
    /// <summary>C, every second. Answered with <see cref="Pong"/> at once.</summary>
    Ping = 1,

    /// <summary>S.</summary>
    Pong = 2,

    /// <summary>C and S: an offer or answer.</summary>
    Sdp = 3,

    /// <summary>C: 0 to 1.</summary>
    LossRate = 4,

    /// <summary>C: seconds.</summary>
    RoundTripTime = 5,

    /// <summary>C: seconds.</summary>
    Jitter = 6,

    /// <summary>C without payload: asks for the negotiation lock. S with a boolean: whether it was granted.</summary>
    Lock = 7,

    /// <summary>C: gives the lock back. May come without a lock.</summary>
    Unlock = 8,

    /// <summary>S: what every bound section of the next offer carries.</summary>
    MediaMap = 9,
}
