namespace Calls.Rtc.Sdp;

/// <summary>The codecs the SFU forwards (media.md 3.4).</summary>
public enum MediaCodec : byte
{
    Opus,
    Vp8,
    Av1,
}
