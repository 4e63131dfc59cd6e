using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu.Layers;
using Calls.Rtc.Sfu.Payloads;

namespace Calls.Rtc.Sfu;

/// <summary>A packet on its way from its source to the subscribers of its track, with what was read of it once for all of them.</summary>
internal readonly ref struct SourcePacket
{
    /// <summary>Decrypted, with a payload.</summary>
    public required RtpPacketView Packet { get; init; }

    /// <summary>Its number in its source's numbering, extended and without gaps of our making.</summary>
    public required long Sequence { get; init; }

    /// <summary>The layer that it belongs to.</summary>
    public required PublishedLayer Layer { get; init; }

    /// <summary>What could be read of a video payload.</summary>
    public VideoPayload Video { get; init; }

    /// <summary>Its payload, if that is Opus which repeats itself.</summary>
    public RedPayload Red { get; init; }

    /// <summary>Where its payload is kept for retransmission.</summary>
    public KeptPayload Kept { get; init; }

    /// <summary>The audio-level octet, if it carried one.</summary>
    public byte? AudioLevel { get; init; }
}
