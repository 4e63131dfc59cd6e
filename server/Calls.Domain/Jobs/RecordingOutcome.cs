namespace Calls.Domain.Jobs;

/// <summary>What became of a request to start or stop a recording, in the order of the checks (rest-api.md 3.9).</summary>
public enum RecordingOutcome
{
    Done,
    NoCallOngoing,
    NotHost,
    UnsupportedAction,
    AlreadyRecording,

    /// <summary>The job was accepted by the job service already.</summary>
    AlreadyAccepted,

    NotRecording,

    /// <summary>The job service refused the recorder; the detail is its text.</summary>
    RecorderRefused,

    /// <summary>The job service refused the transcriber; the detail is its text.</summary>
    TranscriberRefused,

    /// <summary>The call ended while the recorder was being started.</summary>
    CallVanished,

    /// <summary>The recording ended while the recorder was being started.</summary>
    RecordingVanished,
}
