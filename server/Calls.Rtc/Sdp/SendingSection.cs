namespace Calls.Rtc.Sdp;

/// <summary>A section on which a track is bound and the client has agreed to receive it. Immutable.</summary>
/// <param name="Ssrc">Ours, drawn for this binding.</param>
/// <param name="RtxSsrc">Ours for retransmissions; 0 when none was negotiated.</param>
/// <param name="Codecs">Payload types towards this client.</param>
/// <param name="Extensions">Ids in packets to the client.</param>
public sealed record SendingSection(
    string Mid,
    OutgoingTrack Track,
    uint Ssrc,
    uint RtxSsrc,
    IReadOnlyList<NegotiatedCodec> Codecs,
    HeaderExtensionIds Extensions)
{
    /// <summary>The payload types of a codec, <c>null</c> when the client does not take it.</summary>
    public NegotiatedCodec? Find(MediaCodec codec)
    {
        foreach (NegotiatedCodec negotiated in Codecs)
        {
            if (negotiated.Codec == codec)
            {
                return negotiated;
            }
        }

        return null;
    }
}
