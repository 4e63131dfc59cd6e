using System.Text.Json;
using Calls.Domain.Jobs;

namespace Calls.Server.Signaling;

/// <summary>The JSON of a job as part of a call's state and as an answer (rest-api.md 3.4).</summary>
internal static class JobDocument
{
    /// <summary>A job's kind as clients know it.</summary>
    public static string TypeOf(JobKind kind) => kind switch
    {
        JobKind.Recording => "recording",
        JobKind.Transcription => "transcribing",
        JobKind.Captions => "captioning",
        _ => throw new InvalidOperationException($"Unmapped kind {kind}."),
    };

    public static void Write(Utf8JsonWriter writer, CallJob job)
    {
        writer.WriteStartObject();
        writer.WriteString("type", TypeOf(job.Kind));
        writer.WriteNumber("init_at", job.InitAt);
        writer.WriteNumber("start_at", job.StartAt);
        writer.WriteNumber("end_at", job.EndAt);
        if (job.Error.Length > 0)
        {
            writer.WriteString("err", job.Error);
        }

        writer.WriteEndObject();
    }
}
