using Calls.Rtc.Sctp;

namespace Calls.Rtc.DataChannels;

/// <summary>How an endpoint behaves.</summary>
public sealed record DataChannelOptions
{
    /// <summary>We are the client: open <c>calls-dc</c> once connected, and write messages as clients do.</summary>
    public bool IsClient { get; init; }

    /// <summary>Stream of the channel that we open as a client: even if we are the DTLS client, else odd (RFC 8832, section 6).</summary>
    public ushort StreamId { get; init; }

    public SctpOptions Sctp { get; init; } = new();
}
