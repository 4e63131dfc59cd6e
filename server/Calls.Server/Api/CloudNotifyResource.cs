using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api;

/// <summary><c>POST /cloud-notify-admins</c>: asks the administrators of a Cloud site for a trial (rest-api.md 3.12).</summary>
internal sealed class CloudNotifyResource(CurrentCallsSettings settings, IChatHost host, IAdministrators administrators) : IApiResource
{
    private const string PostType = "custom_cloud_trial_req";
    private const string Title = "Make calls in channels";

    public void Map(ApiRoutes routes) => routes.Post("/cloud-notify-admins", PostAsync, FailureShape.ErrorObject);

    private async Task<ApiAnswer> PostAsync(ApiRequest request)
    {
        if (!settings.Value.IsCloud)
        {
            return Failed(StatusCodes.Status400BadRequest, "not a cloud server");
        }

        try
        {
            ChatUser? user = await host.GetUserAsync(request.User, request.Aborted);
            string text = $"Calls in channels with up to {settings.Value.MaxCallParticipants} participants, screen sharing and recordings come with a paid plan. A free trial has them too.";
            var props = new Dictionary<string, object?>
            {
                ["attachments"] = new List<object?> { new Dictionary<string, object?> { ["title"] = Title, ["text"] = text } },
            };
            int told = await administrators.TellAsync($"@{user?.Username} requested access to a free trial for Calls.", PostType, props, request.Aborted);
            return told > 0 ? ApiAnswer.Empty(StatusCodes.Status200OK) : Failed(StatusCodes.Status500InternalServerError, ApiGate.Defect);
        }
        catch (ChatHostException)
        {
            return Failed(StatusCodes.Status500InternalServerError, ApiGate.Defect);
        }
    }

    private static ApiAnswer Failed(int status, string text) => ApiAnswer.Failure(FailureShape.ErrorObject, status, text);
}
