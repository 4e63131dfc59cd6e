namespace Calls.Rtc.Sfu;

/// <summary>What became of a packet at one subscriber.</summary>
internal enum ForwardResult
{
    Sent,

    /// <summary>The subscriber has no keys or no path.</summary>
    NotConnected,

    /// <summary>From before the subscriber's first packet or before a switch of sources: its number may be taken.</summary>
    Late,

    /// <summary>Of a simulcast layer that this subscriber does not get, or of a track that it does not get at present.</summary>
    OtherLayer,

    /// <summary>The subscriber's decoder could not start with it.</summary>
    AwaitingKeyFrame,

    /// <summary>Above the temporal layers that this subscriber gets.</summary>
    LeftOut,

    /// <summary>Too much waits for the subscriber's path; it goes on with a key frame.</summary>
    Behind,

    /// <summary>SRTP refused to protect it.</summary>
    NotProtected,
}
