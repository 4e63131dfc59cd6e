using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Posts push notifications to the configured proxy: one per device of each mentioned user.</summary>
internal sealed class PushSender(ServerState state) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Starts sending; failures are the proxy's affair, as on the stock server.</summary>
    public void Notify(Post post, User author, Channel channel, IReadOnlyList<string> receivers)
    {
        ServerConfig config = state.Settings.Current;
        string server = config.String("EmailSettings", "PushNotificationServer").TrimEnd('/');
        if (!config.Bool("EmailSettings", "SendPushNotifications") || server.Length == 0)
        {
            return;
        }

        foreach (string receiver in receivers)
        {
            foreach (Session session in state.Sessions.OfUser(receiver).Where(s => s.DeviceId.Length > 0))
            {
                JsonObject push = Build(post, author, channel, session.DeviceId, config);
                _ = SendAsync(server + "/api/v1/send_push", push);
            }
        }
    }

    public void Dispose() => _client.Dispose();

    private JsonObject Build(Post post, User author, Channel channel, string device, ServerConfig config)
    {
        // "apple_rn-v2:token" or "android_rn-v2:token"
        int colon = device.IndexOf(':');
        string platform = colon > 0 ? device[..colon] : "";
        string deviceId = colon > 0 ? device[(colon + 1)..] : device;
        string ackId = Ids.New();
        bool isGeneric = config.String("EmailSettings", "PushNotificationContents") != "full";
        return new JsonObject
        {
            ["ack_id"] = ackId,
            ["platform"] = platform,
            ["server_id"] = "standinxdiagnosticxidxxxxx",
            ["device_id"] = deviceId,
            ["post_id"] = post.Id,
            ["category"] = channel.Type == "D" ? "CAN_REPLY" : "",
            ["message"] = isGeneric ? $"{author.Username} sent you a message." : $"{author.Username}: {post.Message}",
            ["badge"] = 1,
            ["cont_ava"] = 1,
            ["team_id"] = channel.TeamId,
            ["channel_id"] = channel.Id,
            ["root_id"] = post.RootId,
            ["channel_name"] = channel.Type == "D" ? "@" + author.Username : channel.DisplayName,
            ["type"] = "message",
            ["sender_id"] = author.Id,
            ["sender_name"] = author.Username,
            ["version"] = "v2",
            ["is_crt_enabled"] = false,
            ["is_id_loaded"] = false,
            ["signature"] = state.PushKey.Sign(ackId, deviceId),
        };
    }

    private async Task SendAsync(string url, JsonObject push)
    {
        try
        {
            using var content = new ByteArrayContent(Wire.ToUtf8<JsonNode>(push));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage answer = await _client.PostAsync(url, content);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or InvalidOperationException or UriFormatException)
        {
        }
    }
}
