using System.Text.Json.Serialization;

namespace Calls.Server.Persistence;

/// <summary>The JSON of <c>calls_jobs.props</c>; every key omitted when empty (storage-and-jobs.md 2).</summary>
internal sealed record JobProps
{
    /// <summary>The job service's id.</summary>
    [JsonPropertyName("job_id")]
    public string? ServiceJob { get; init; }

    [JsonPropertyName("bot_conn_id")]
    public string? Bot { get; init; }

    [JsonPropertyName("err")]
    public string? Error { get; init; }
}
