namespace Calls.Rtc.Sfu;

/// <summary>What became of a packet at one subscriber.</summary>
internal enum ForwardResult
{
    Sent,

    /// <summary>The subscriber has no keys or no path.</summary>
    NotConnected,

    /// <summary>From before the subscriber's first packet or before a switch of sources: its number may be taken.</summary>
    Late,

    /// <summary>SRTP refused to protect it.</summary>
    NotProtected,
}
