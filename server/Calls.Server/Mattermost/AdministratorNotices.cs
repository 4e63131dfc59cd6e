using Calls.Domain.Ports;
using Calls.Server.Api;
using Calls.Server.Mattermost.Rest;

namespace Calls.Server.Mattermost;

/// <summary>Direct messages of the bot to system administrators (mattermost-integration.md 5.4).</summary>
internal sealed partial class AdministratorNotices(MattermostClient rest, MattermostHost host, ILogger<AdministratorNotices> log) : IAdministrators
{
    private const int MaxReceivers = 25;

    /// <summary>Tells the first administrators; whatever fails is only logged.</summary>
    public async Task TellAsync(string message, CancellationToken cancellation)
    {
        try
        {
            await TellAsync(message, "", new Dictionary<string, object?>(), cancellation);
        }
        catch (ChatHostException failure)
        {
            LogFailed(failure.Message);
        }
    }

    public async Task<int> TellAsync(string message, string type, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation)
    {
        RestAnswer found = await rest.GetAsync($"/users?role=system_admin&active=true&page=0&per_page={MaxReceivers}", RestPriority.Other, cancellation);
        if (!found.IsSuccess)
        {
            throw found.ToRefusal();
        }

        string[] receivers = [.. found.Body.Items().Where(static user => !user.Flag("is_bot") && user.Number("delete_at") == 0).Select(static user => user.Text("id"))];
        var all = new Dictionary<string, object?>(props) { ["from_plugin"] = "true" };
        foreach (string user in receivers)
        {
            await TellOneAsync(user, message, type, all, cancellation);
        }

        return receivers.Length;
    }

    private async Task TellOneAsync(string user, string message, string type, Dictionary<string, object?> props, CancellationToken cancellation)
    {
        try
        {
            RestAnswer channel = await rest.SendAsync(
                HttpMethod.Post, "/channels/direct", new[] { host.BotUserId.Value, user }, RestPriority.Other, isRepeatable: true, cancellation);
            var post = new { channel_id = channel.Text("id"), message, type, props };
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
