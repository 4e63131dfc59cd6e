namespace Calls.Domain.Jobs;

/// <summary>One transcription of a recording, in one language.</summary>
/// <param name="Captions">Id of the file with subtitles (WebVTT).</param>
/// <param name="Text">Id of the file for readers.</param>
public sealed record TranscriptionFiles(string Title, string Language, string Captions, string Text);
