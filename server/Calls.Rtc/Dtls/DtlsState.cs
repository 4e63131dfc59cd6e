namespace Calls.Rtc.Dtls;

/// <summary>Where a <see cref="DtlsSession"/> stands. It only moves downwards through this list.</summary>
public enum DtlsState
{
    /// <summary>Nothing sent, nothing received.</summary>
    New,

    Handshaking,

    /// <summary>The peer proved the signaled certificate; keys can be exported.</summary>
    Connected,

    /// <summary>See <see cref="DtlsSession.Failure"/>.</summary>
    Failed,

    /// <summary>close_notify was sent or received.</summary>
    Closed,
}
