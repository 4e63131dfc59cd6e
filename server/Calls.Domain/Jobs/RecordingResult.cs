namespace Calls.Domain.Jobs;

/// <summary>Answer to a request to start or stop a recording.</summary>
/// <param name="Job">The recording, if it was done.</param>
public sealed record RecordingResult(RecordingOutcome Outcome, CallJob? Job = null, string Detail = "");
