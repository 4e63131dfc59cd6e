using System.Text.Json;
using System.Text.Json.Serialization;
using Calls.Domain;
using Calls.Domain.Jobs;

namespace Calls.Server.Persistence;

/// <summary>Between a job and its row (storage-and-jobs.md 2). The same for every database.</summary>
internal static class JobMapping
{
    private static readonly JsonSerializerOptions OmitNull = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string TypeOf(JobKind kind) => kind switch
    {
        JobKind.Recording => "recording",
        JobKind.Transcription => "transcribing",
        JobKind.Captions => "captioning",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <returns><c>null</c> for a type that a later version may have written.</returns>
    public static CallJob? ToJob(JobRow row)
    {
        JobKind? kind = row.Type switch
        {
            "recording" => JobKind.Recording,
            "transcribing" => JobKind.Transcription,
            "captioning" => JobKind.Captions,
            _ => null,
        };
        if (kind is null)
        {
            return null;
        }

        JobProps props = (string.IsNullOrEmpty(row.Props) ? null : JsonSerializer.Deserialize<JobProps>(row.Props)) ?? new JobProps();
        return new CallJob
        {
            Id = new JobId(row.Id),
            Kind = kind.Value,
            Creator = new UserId(row.CreatorId ?? ""),
            InitAt = row.InitAt ?? 0,
            StartAt = row.StartAt ?? 0,
            EndAt = row.EndAt ?? 0,
            ServiceJob = string.IsNullOrEmpty(props.ServiceJob) ? null : props.ServiceJob,
            Bot = string.IsNullOrEmpty(props.Bot) ? null : new ConnectionId(props.Bot),
            Error = props.Error ?? "",
        };
    }

    public static string PropsOf(CallJob job) => JsonSerializer.Serialize(
        new JobProps
        {
            ServiceJob = job.ServiceJob,
            Bot = job.Bot?.Value,
            Error = job.Error.Length == 0 ? null : job.Error,
        },
        OmitNull);
}
