using Calls.Rtc.Dtls;
using Calls.Rtc.Sdp;

namespace Calls.Rtc.Client;

/// <summary>How a client behaves.</summary>
/// <param name="Dtls">Certificate and SRTP profiles; clients of one process may share it.</param>
/// <param name="UtcNow">Wall-clock time at <paramref name="NowMs"/>, for the NTP times of sender reports.</param>
/// <param name="NowMs">Monotonic milliseconds of the same instant, on the base of all later calls.</param>
public sealed record RtcClientOptions(DtlsContext Dtls, DateTimeOffset UtcNow, long NowMs)
{
    /// <summary>Payload types and header extensions offered.</summary>
    public ClientProfile Profile { get; init; } = ClientProfile.Chromium;

    /// <summary>Checks the server's UDP candidates.</summary>
    public bool UsesUdp { get; init; } = true;

    /// <summary>
    /// Checks the server's TCP candidates too. Whoever sends for the client then connects to a TCP destination when a datagram is for
    /// one, and frames what goes there (RFC 4571). A connection has to begin with a check; what comes earlier, or before it is
    /// established, may be dropped: checks are repeated.
    /// </summary>
    public bool UsesTcp { get; init; }

    /// <summary>Descriptions go over the data channel once it is open (the client setting EnableDCSignaling, media.md 3.1).</summary>
    public bool UsesDataChannelSignaling { get; init; }

    /// <summary>Offers only under the negotiation lock (media.md 5.5). Clients older than the lock do not.</summary>
    public bool UsesLock { get; init; } = true;
}
