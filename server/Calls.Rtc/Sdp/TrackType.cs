namespace Calls.Rtc.Sdp;

/// <summary>What a track shows, as clients are told (media.md 3.5).</summary>
public enum TrackType : byte
{
    Voice,
    Screen,
    ScreenAudio,
    Video,
}
