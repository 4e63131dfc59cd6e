namespace Calls.Rtc.Sdp;

/// <summary>A codec the SFU accepts, and how it offers it when the client has not named it first (media.md 3.4).</summary>
/// <param name="Feedback">In the order it is written; answers carry what the client offers too.</param>
public sealed record SupportedCodec(
    MediaCodec Codec,
    MediaKind Kind,
    string Name,
    int ClockRate,
    byte Channels,
    byte DefaultPayloadType,
    byte DefaultRtxPayloadType,
    string? DefaultFmtp,
    IReadOnlyList<string> Feedback)
{
    /// <summary>Whether a payload type of a description is this codec.</summary>
    public bool Matches(RtpCodec codec) =>
        codec.Name.Equals(Name, StringComparison.OrdinalIgnoreCase)
        && codec.ClockRate == ClockRate
        && Math.Max(codec.Channels, (byte)1) == Math.Max(Channels, (byte)1)
        && (Codec != MediaCodec.Av1 || IsMainProfile(codec));

    // Profiles must match when both sides state one; ours is 0, the default (AV1 RTP specification, section 7.2.1).
    private static bool IsMainProfile(RtpCodec codec) =>
        !codec.TryGetParameter("profile", out ReadOnlySpan<char> profile) || profile is "0";
}
