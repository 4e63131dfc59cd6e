using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>Direct messages of the bot to system administrators (mattermost-integration.md 5.4).</summary>
internal sealed partial class AdministratorNotices(MattermostClient rest, MattermostHost host, ILogger<AdministratorNotices> log)
{
    private const int MaxReceivers = 25;

    /// <summary>Tells the first administrators; a failure for one of them is only logged.</summary>
    public async Task TellAsync(string message, CancellationToken cancellation)
    {
        try
        {
            RestAnswer found = await rest.GetAsync($"/users?role=system_admin&active=true&page=0&per_page={MaxReceivers}", RestPriority.Other, cancellation);
            foreach (JsonElement user in found.Body.Items().Where(static user => !user.Flag("is_bot") && user.Number("delete_at") == 0))
            {
                await TellOneAsync(user.Text("id"), message, cancellation);
            }
        }
        catch (ChatHostException failure)
        {
            LogFailed(failure.Message);
        }
    }

    private async Task TellOneAsync(string user, string message, CancellationToken cancellation)
    {
        try
        {
            RestAnswer channel = await rest.SendAsync(
                HttpMethod.Post, "/channels/direct", new[] { host.BotUserId.Value, user }, RestPriority.Other, isRepeatable: true, cancellation);
            var post = new { channel_id = channel.Text("id"), message, props = new { from_plugin = "true" } };
            RestAnswer sent = await rest.SendAsync(HttpMethod.Post, "/posts", post, RestPriority.Other, isRepeatable: false, cancellation);
            if (!sent.IsSuccess)
            {
                LogFailed(sent.ToRefusal().Message);
            }
        }
        catch (ChatHostException failure)
        {
            LogFailed(failure.Message);
        }
    }

    [LoggerMessage(EventId = 3025, Level = LogLevel.Warning, Message = "An administrator could not be told by direct message: {Reason}")]
    private partial void LogFailed(string reason);
}
