using Calls.Domain;
using Calls.Domain.HostControl;

namespace Calls.Server.Api;

/// <summary><c>POST /calls/{channel_id}/host/...</c> and <c>/end</c> (rest-api.md 3.10).</summary>
internal sealed class HostControlsResource(HostControls controls) : IApiResource
{
    private const string Base = "/calls/" + ApiRoutes.ChannelSegment;

    public void Map(ApiRoutes routes)
    {
        routes.Post($"{Base}/host/make", request => WithTargetAsync(
            request, "new_host_id", target => controls.MakeHostAsync(request.Channel, request.User, new UserId(target), request.Aborted)));
        routes.Post($"{Base}/host/mute", request => WithTargetAsync(
            request, "session_id", target => controls.MuteAsync(request.Channel, request.User, new SessionId(target), request.Aborted)));
        routes.Post($"{Base}/host/screen-off", request => WithTargetAsync(
            request, "session_id", target => controls.StopScreenShareAsync(request.Channel, request.User, new SessionId(target), request.Aborted)));
        routes.Post($"{Base}/host/lower-hand", request => WithTargetAsync(
            request, "session_id", target => controls.LowerHandAsync(request.Channel, request.User, new SessionId(target), request.Aborted)));
        routes.Post($"{Base}/host/remove", request => WithTargetAsync(
            request, "session_id", target => controls.RemoveAsync(request.Channel, request.User, new SessionId(target), request.Aborted)));
        routes.Post($"{Base}/host/mute-others", async request =>
            ToAnswer(await controls.MuteOthersAsync(request.Channel, request.User, request.Aborted)));

        // Mobile uses the older of the two.
        routes.Post($"{Base}/host/end", EndAsync);
        routes.Post($"{Base}/end", EndAsync);
    }

    private async Task<ApiAnswer> EndAsync(ApiRequest request) =>
        ToAnswer(await controls.EndAsync(request.Channel, request.User, request.Aborted));

    private static async Task<ApiAnswer> WithTargetAsync(ApiRequest request, string field, Func<string, Task<HostActionResult>> act)
    {
        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, problem);
        }

        return body.TryGetString(field, out string target)
            ? ToAnswer(await act(target))
            : ApiAnswer.Envelope(StatusCodes.Status400BadRequest, RequestBody.WrongType(field));
    }

    // Clients expect 400 for every refusal, not 403 or 404.
    private static ApiAnswer ToAnswer(HostActionResult result) => HostActionText.Of(result) is { } refusal
        ? ApiAnswer.Envelope(StatusCodes.Status400BadRequest, refusal)
        : ApiAnswer.Success;
}
