namespace Calls.Rtc.Sdp;

/// <summary>Wire names of <see cref="TrackType"/>, in track ids and in the media map.</summary>
public static class TrackTypeName
{
    public static string Of(TrackType type) => type switch
    {
        TrackType.Voice => "voice",
        TrackType.Screen => "screen",
        TrackType.ScreenAudio => "screen-audio",
        TrackType.Video => "video",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a track type."),
    };
}
