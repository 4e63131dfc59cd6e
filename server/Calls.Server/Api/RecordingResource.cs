using Calls.Domain.Jobs;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;

namespace Calls.Server.Api;

/// <summary><c>POST /calls/{call_id}/recording/{action}</c> (rest-api.md 3.9).</summary>
internal sealed class RecordingResource(ChannelReaders readers, CurrentCallsSettings settings, IJobService service, Recordings recordings) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Post($"/calls/{ApiRoutes.ChannelSegment}/recording/{{action}}", ActAsync);

    private async Task<ApiAnswer> ActAsync(ApiRequest request)
    {
        if (!await readers.ContainAsync(request.User, request.Channel, request.Aborted))
        {
            return Refused("Forbidden");
        }

        if (!settings.Value.Licensed.Recordings)
        {
            return Refused("Recordings are not allowed by your license");
        }

        if (!settings.Value.EnableRecordings)
        {
            return Refused("Recordings are not enabled");
        }

        if (!await service.IsReadyAsync(request.Aborted))
        {
            return Refused("Job service is not initialized");
        }

        RecordingAction action = request.Context.Request.RouteValues["action"] switch
        {
            "start" => RecordingAction.Start,
            "stop" => RecordingAction.Stop,
            _ => RecordingAction.Unsupported,
        };
        return ToAnswer(await recordings.ActAsync(request.Channel, request.User, action));
    }

    private static ApiAnswer ToAnswer(RecordingResult result) => result.Outcome switch
    {
        RecordingOutcome.Done => ApiAnswer.Resource(writer => JobDocument.Write(writer, result.Job!)),
        RecordingOutcome.NoCallOngoing => Refused("no call ongoing"),
        RecordingOutcome.NotHost => Refused("no permissions to record"),
        RecordingOutcome.UnsupportedAction => ApiAnswer.Envelope(StatusCodes.Status400BadRequest, "unsupported recording action"),
        RecordingOutcome.AlreadyRecording => Refused("recording already in progress"),
        RecordingOutcome.AlreadyAccepted => Refused("recording job already in progress"),
        RecordingOutcome.NotRecording => Refused("no recording in progress"),
        RecordingOutcome.RecorderRefused => Failed($"failed to create recording job: {result.Detail}"),
        RecordingOutcome.TranscriberRefused => Failed($"failed to start transcribing job: {result.Detail}"),
        RecordingOutcome.CallVanished => Failed("failed to get recording state: no call ongoing"),
        RecordingOutcome.RecordingVanished => Failed("failed to get recording state: no recording ongoing"),
        _ => throw new InvalidOperationException($"Unmapped outcome {result.Outcome}."),
    };

    private static ApiAnswer Refused(string reason) => ApiAnswer.Envelope(StatusCodes.Status403Forbidden, reason);

    private static ApiAnswer Failed(string reason) => ApiAnswer.Envelope(StatusCodes.Status500InternalServerError, reason);
}
