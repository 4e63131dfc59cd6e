using Calls.Rtc.Rtp;

namespace Calls.Rtc.Sfu;

/// <summary>What one subscriber has negotiated for one stream sent to it.</summary>
/// <param name="PayloadType">Its payload type for the track's codec.</param>
/// <param name="ExtensionIds">Its ids.</param>
internal sealed record SubscriberFormat(byte PayloadType, RtpExtensionIds ExtensionIds)
{
    /// <summary>Its payload type for Opus that repeats itself (RFC 2198); <c>null</c>: it takes plain Opus only.</summary>
    public byte? RedPayloadType { get; init; }

    /// <summary>Packets kept to answer its NACKs, a power of two; 0: it sends none.</summary>
    public int History { get; init; }

    /// <summary>SSRC and payload type of retransmissions (RFC 4588); 0 without.</summary>
    public uint RtxSsrc { get; init; }

    public byte RtxPayloadType { get; init; }
}
