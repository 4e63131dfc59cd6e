namespace Calls.Rtc;

/// <summary>Failures that are counted (media.md 6.5).</summary>
public enum RtcErrorType
{
    /// <summary>No first offer in time, or a description that could not be used.</summary>
    Signaling,

    /// <summary>The client could not be reached, or no more.</summary>
    Ice,
}
