namespace Calls.Rtc.Ice;

/// <summary>Where an agent stands (media.md 1.8).</summary>
public enum IceConnectionState
{
    /// <summary>No pair selected yet.</summary>
    Checking,

    Connected,

    /// <summary>Nothing authenticated arrived for 5 s; recovers with the next packet.</summary>
    Disconnected,

    /// <summary>No authenticated check for 30 s, or no selected pair 30 s after the start. Final.</summary>
    Failed,
}
