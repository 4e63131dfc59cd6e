using Calls.Domain.Jobs;

namespace Calls.Server.Api.Bot;

/// <summary>What recorder and transcriber say of their job (rest-api.md 4.10).</summary>
internal sealed class BotJobsResource(BotGate gate, JobReports reports) : IApiResource
{
    public void Map(ApiRoutes routes) =>
        routes.BotPost(gate, $"/calls/{ApiRoutes.ChannelSegment}/jobs/{ApiRoutes.Id("jobId")}/status", TakeAsync);

    private async Task<ApiAnswer> TakeAsync(ApiRequest request)
    {
        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return Refused($"failed to decode request body: {problem}");
        }

        // The key of the text is what a wrong tag in the workers' source made of it; releases in the field send it so.
        if (!body.TryGetString("JobType", out string type) || !body.TryGetString("Status", out string status)
            || !body.TryGetString("omitempty", out string error) || !body.TryGetString("error", out string otherError))
        {
            return Refused($"failed to decode request body: {RequestBody.WrongType("JobType, Status or error")}");
        }

        JobKind? kind = type switch
        {
            "recording" => JobKind.Recording,
            "transcribing" => JobKind.Transcription,
            _ => null,
        };
        JobStatus reported = status switch
        {
            "started" => JobStatus.Started,
            "failed" => JobStatus.Failed,
            _ => JobStatus.Unsupported,
        };
        JobReportResult result = await reports.TakeAsync(
            request.Channel, new JobId(request.PathId("jobId")), kind, reported, error.Length > 0 ? error : otherError, request.Aborted);
        return result switch
        {
            JobReportResult.Done => ApiAnswer.Success,
            JobReportResult.NoCallOngoing => Refused("no call ongoing"),
            JobReportResult.InvalidKind => Refused("invalid job type"),
            JobReportResult.NoJobOngoing => Refused("no job ongoing"),
            JobReportResult.AnotherJob => Refused("invalid job ID"),
            JobReportResult.AlreadyStarted => Refused("job has already started"),
            JobReportResult.UnsupportedStatus => Refused("unsupported status type"),
            _ => throw new InvalidOperationException($"Unmapped result {result}."),
        };
    }

    private static ApiAnswer Refused(string reason) => ApiAnswer.Envelope(StatusCodes.Status400BadRequest, reason);
}
