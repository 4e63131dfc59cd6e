namespace Calls.Rtc.Sfu;

/// <summary>The codecs that are forwarded (media.md 3.4).</summary>
internal enum RtpCodec : byte
{
    Opus,
    Vp8,
    Av1,
}

internal static class RtpCodecFacts
{
    /// <summary>Ticks of the RTP timestamp per second.</summary>
    public static uint ClockRate(this RtpCodec codec) => codec == RtpCodec.Opus ? 48_000u : 90_000u;

    /// <summary>As registered with IANA.</summary>
    public static string MimeType(this RtpCodec codec) => codec switch
    {
        RtpCodec.Opus => "audio/opus",
        RtpCodec.Vp8 => "video/VP8",
        _ => "video/AV1",
    };

    public static TrackKind Kind(this RtpCodec codec) => codec == RtpCodec.Opus ? TrackKind.Audio : TrackKind.Video;
}
