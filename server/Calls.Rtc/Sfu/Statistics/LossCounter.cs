namespace Calls.Rtc.Sfu.Statistics;

/// <summary>What is counted about lost packets and their repair, over all sessions of a server.</summary>
public enum LossCounter
{
    /// <summary>Packets that subscribers asked for.</summary>
    RetransmissionsRequested,

    /// <summary>Packets sent again to subscribers.</summary>
    Retransmissions,

    /// <summary>Asked for by a subscriber, but not (or no longer) kept.</summary>
    RetransmissionsUnavailable,

    /// <summary>Asked for again too soon, or more than the stream's own rate.</summary>
    RetransmissionsRefused,

    /// <summary>NACK items of subscribers that found their queue full.</summary>
    NackItemsDropped,

    /// <summary>Packets that publishers were asked for; each request counts.</summary>
    PacketsRequested,

    /// <summary>Packets of publishers that came after they were asked for.</summary>
    PacketsRecovered,

    /// <summary>Packets of publishers that were asked for in vain.</summary>
    PacketsGivenUp,

    /// <summary>Audio packets of publishers taken from the redundant blocks of later ones (RFC 2198).</summary>
    PacketsRestored,

    /// <summary>Key frames that publishers were asked for.</summary>
    KeyFramesRequested,
}
