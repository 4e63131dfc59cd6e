namespace Calls.Rtc.Sfu;

internal enum TrackKind : byte
{
    Audio,
    Video,
}
