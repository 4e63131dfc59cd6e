namespace Calls.Rtc.Sdp;

/// <summary>Decides what is accepted from clients and in which order codecs are written.</summary>
/// <param name="Codecs">In order of preference per kind: a browser encodes with the first codec of our answer.</param>
/// <param name="AcceptsRtx">Accept and offer retransmission payload types (media.md 8.3).</param>
/// <param name="AcceptsRed">Accept and offer Opus that repeats itself, before plain Opus (RFC 2198, media.md 8.6).</param>
public sealed record SupportedCodecs(IReadOnlyList<SupportedCodec> Codecs, bool AcceptsRtx, bool AcceptsRed = false)
{
    private static readonly string[] VideoFeedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"];

    private static readonly SupportedCodec[] All =
    [
        new(MediaCodec.Opus, MediaKind.Audio, "opus", 48_000, 2, 111, 0, "minptime=10;useinbandfec=1", ["transport-cc"]),
        new(MediaCodec.Vp8, MediaKind.Video, "VP8", 90_000, 0, 96, 97, null, VideoFeedback),
        new(MediaCodec.Av1, MediaKind.Video, "AV1", 90_000, 0, 45, 46, null, VideoFeedback),
    ];

    /// <summary>opus; VP8, then AV1; no retransmission payload types.</summary>
    public static SupportedCodecs Default { get; } = new(All, AcceptsRtx: false);

    public static SupportedCodecs WithRtx { get; } = new(All, AcceptsRtx: true);

    public static SupportedCodecs WithRtxAndRed { get; } = new(All, AcceptsRtx: true, AcceptsRed: true);

    public SupportedCodec? Find(MediaKind kind, RtpCodec codec)
    {
        foreach (SupportedCodec supported in Codecs)
        {
            if (supported.Kind == kind && supported.Matches(codec))
            {
                return supported;
            }
        }

        return null;
    }
}
