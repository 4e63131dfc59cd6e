namespace Calls.Rtc.Sfu;

/// <summary>What a published track is to the call, in the order in which a joiner receives them (media.md 4.2).</summary>
internal enum TrackType : byte
{
    Voice,
    Screen,
    ScreenAudio,
    Video,
}

internal static class TrackTypeNames
{
    /// <summary>The name in MediaMap and in track ids (media.md 3.5).</summary>
    public static string WireName(this TrackType type) => type switch
    {
        TrackType.Voice => "voice",
        TrackType.Screen => "screen",
        TrackType.ScreenAudio => "screen-audio",
        _ => "video",
    };
}
