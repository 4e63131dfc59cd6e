namespace Calls.Domain.Jobs;

/// <summary>What a job does for a call. A call has at most one active job of each kind.</summary>
public enum JobKind
{
    Recording,
    Transcription,

    /// <summary>Live captions: no worker of their own, the transcriber speaks them.</summary>
    Captions,
}
