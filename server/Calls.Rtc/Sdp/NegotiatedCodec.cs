namespace Calls.Rtc.Sdp;

/// <summary>A codec of one section with the payload types its packets carry there.</summary>
/// <param name="RtxPayloadType"><c>null</c> when retransmissions have no payload type of their own.</param>
public readonly record struct NegotiatedCodec(
    MediaCodec Codec, byte PayloadType, byte? RtxPayloadType, RtcpFeedback Feedback)
{
    /// <summary>Of Opus that repeats itself (RFC 2198); <c>null</c> if not agreed.</summary>
    public byte? RedPayloadType { get; init; }

    internal static NegotiatedCodec[] Read(MediaKind kind, List<RtpCodec> codecs, SupportedCodecs supported)
    {
        var negotiated = new List<NegotiatedCodec>(2);
        foreach (RtpCodec codec in codecs)
        {
            if (supported.Find(kind, codec) is { } known)
            {
                RtpCodec? rtx = codecs.Find(other => other.AssociatedPayloadType == codec.PayloadType);
                RtpCodec? red = supported.AcceptsRed ? codecs.Find(other => other.IsRedOf(codec.PayloadType)) : null;
                negotiated.Add(new(known.Codec, codec.PayloadType, rtx?.PayloadType, ReadFeedback(codec.Feedback)) { RedPayloadType = red?.PayloadType });
            }
        }

        return [.. negotiated];
    }

    private static RtcpFeedback ReadFeedback(IReadOnlyList<string> lines)
    {
        RtcpFeedback feedback = RtcpFeedback.None;
        foreach (string line in lines)
        {
            feedback |= line switch
            {
                "nack" => RtcpFeedback.Nack,
                "nack pli" => RtcpFeedback.PictureLoss,
                "ccm fir" => RtcpFeedback.FullIntraRequest,
                "transport-cc" => RtcpFeedback.TransportCc,
                "goog-remb" => RtcpFeedback.Remb,
                _ => RtcpFeedback.None,
            };
        }

        return feedback;
    }
}
