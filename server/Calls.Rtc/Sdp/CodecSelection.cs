namespace Calls.Rtc.Sdp;

/// <summary>Chooses among the payload types of a client's section.</summary>
internal static class CodecSelection
{
    /// <summary>
    /// The codecs both sides know, in our order, with the client's payload types and format parameters and the feedback
    /// both sides know (media.md 3.4).
    /// </summary>
    /// <param name="current">What the section carried so far: a payload type in use is kept while it is still listed.</param>
    public static List<RtpCodec> Select(MediaSection remote, SupportedCodecs supported, List<RtpCodec> current)
    {
        var selected = new List<RtpCodec>(4);
        foreach (SupportedCodec known in supported.Codecs)
        {
            if (known.Kind != remote.Kind)
            {
                continue;
            }

            RtpCodec? inUse = current.Find(known.Matches);
            RtpCodec? match =
                remote.Codecs.Find(codec => codec.PayloadType == inUse?.PayloadType && known.Matches(codec))
                ?? remote.Codecs.Find(known.Matches);
            if (match is null)
            {
                continue;
            }

            if (supported.AcceptsRed && known.Codec == MediaCodec.Opus && remote.Codecs.Find(codec => codec.IsRedOf(match.PayloadType)) is { } red)
            {
                // First: a browser sends what our answer prefers.
                selected.Add(red with { Feedback = [] });
            }

            selected.Add(match with { Feedback = [.. known.Feedback.Where(match.Feedback.Contains)] });
            if (supported.AcceptsRtx
                && remote.Codecs.Find(codec => codec.AssociatedPayloadType == match.PayloadType) is { } rtx)
            {
                selected.Add(rtx with { Feedback = [] });
            }
        }

        return selected;
    }
}
