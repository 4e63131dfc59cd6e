namespace Calls.Rtc.Client;

/// <summary>Where an <see cref="RtcClient"/> stands. It only moves downwards through this list.</summary>
public enum RtcClientState
{
    New,

    /// <summary>The first offer is out.</summary>
    Connecting,

    /// <summary>DTLS is done: media can flow.</summary>
    Connected,

    /// <summary>The data channel is open: tracks can be added and are delivered.</summary>
    Open,

    Closed,
}
