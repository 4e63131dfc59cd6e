using Calls.Domain;

namespace Calls.Server.Api;

/// <summary><c>POST /calls/{channel_id}/dismiss-notification</c> (rest-api.md 3.8).</summary>
internal sealed class DismissNotificationResource(CallDismissal dismissal) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Post($"/calls/{ApiRoutes.ChannelSegment}/dismiss-notification", PostAsync);

    private async Task<ApiAnswer> PostAsync(ApiRequest request)
    {
        DismissalResult result = await dismissal.DismissAsync(request.Channel, request.User, request.Aborted);
        return result switch
        {
            DismissalResult.Done => ApiAnswer.Success,
            DismissalResult.Forbidden => ApiAnswer.Envelope(StatusCodes.Status403Forbidden, "Forbidden"),
            DismissalResult.NoCallOngoing => ApiAnswer.Envelope(StatusCodes.Status400BadRequest, "no call ongoing"),
            _ => throw new InvalidOperationException($"Unmapped result {result}."),
        };
    }
}
