namespace Calls.Domain.Jobs;

/// <summary>What a host asks of a call's recording.</summary>
public enum RecordingAction
{
    /// <summary>Something else: refused, but only after who asks was looked at.</summary>
    Unsupported,

    Start,
    Stop,
}
