namespace Calls.Domain.Jobs;

/// <summary>What became of the post for a recording or transcription.</summary>
/// <param name="Problem">The text for the worker; <c>null</c> if it was done.</param>
public readonly record struct RecordingPostResult(string? Problem)
{
    public static RecordingPostResult Done => default;
}
