namespace Calls.Rtc.Sdp;

/// <summary>What a client peer offers and understands.</summary>
/// <param name="AudioCodecs">Payload types of its audio offers, in order.</param>
/// <param name="VideoCodecs">Payload types of its video offers, in order.</param>
/// <param name="Understood">What it accepts from the SFU's offers.</param>
public sealed record ClientProfile(
    IReadOnlyList<RtpCodec> AudioCodecs,
    IReadOnlyList<RtpCodec> VideoCodecs,
    SupportedCodecs Understood,
    SupportedExtensions Extensions)
{
    private static readonly string[] VideoFeedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"];

    /// <summary>The payload types and extension ids of Chromium 156, with one H.264 and one VP9 profile.</summary>
    public static ClientProfile Chromium { get; } = new(
        [
            new(111, "opus", 48_000, 2, "minptime=10;useinbandfec=1", ["transport-cc"]),
            new(63, "red", 48_000, 2, "111/111", []),
            new(9, "G722", 8_000, 0, null, []),
            new(0, "PCMU", 8_000, 0, null, []),
            new(8, "PCMA", 8_000, 0, null, []),
            new(13, "CN", 8_000, 0, null, []),
            new(110, "telephone-event", 48_000, 0, null, []),
            new(126, "telephone-event", 8_000, 0, null, []),
        ],
        [
            new(96, "VP8", 90_000, 0, null, VideoFeedback),
            new(97, "rtx", 90_000, 0, "apt=96", []),
            new(108, "H264", 90_000, 0, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", VideoFeedback),
            new(109, "rtx", 90_000, 0, "apt=108", []),
            new(45, "AV1", 90_000, 0, "level-idx=5;profile=0;tier=0", VideoFeedback),
            new(46, "rtx", 90_000, 0, "apt=45", []),
            new(98, "VP9", 90_000, 0, "profile-id=0", VideoFeedback),
            new(99, "rtx", 90_000, 0, "apt=98", []),
            new(118, "red", 90_000, 0, null, []),
            new(119, "rtx", 90_000, 0, "apt=118", []),
            new(120, "ulpfec", 90_000, 0, null, []),
        ],
        SupportedCodecs.WithRtx,
        new(
            [
                new(1, HeaderExtensionUris.AudioLevel),
                new(2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
                new(3, HeaderExtensionUris.TransportCc),
                new(4, HeaderExtensionUris.Mid),
            ],
            [
                new(14, "urn:ietf:params:rtp-hdrext:toffset"),
                new(2, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
                new(13, "urn:3gpp:video-orientation"),
                new(3, HeaderExtensionUris.TransportCc),
                new(4, HeaderExtensionUris.Mid),
                new(10, HeaderExtensionUris.RtpStreamId),
                new(11, HeaderExtensionUris.RepairedRtpStreamId),
            ]));
}
