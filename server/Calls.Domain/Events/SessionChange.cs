namespace Calls.Domain.Events;

/// <summary>What a session switched.</summary>
public enum SessionChange
{
    Muted,
    Unmuted,
    VoiceOn,
    VoiceOff,
    ScreenOn,
    ScreenOff,
    VideoOn,
    VideoOff,
}
