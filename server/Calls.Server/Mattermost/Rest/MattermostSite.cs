using System.Globalization;
using System.Text.Json;
using Calls.Domain;
using Calls.Server.Api;

namespace Calls.Server.Mattermost.Rest;

/// <summary>Teams, names, files and posts of the bot, over REST (mattermost-integration.md 7).</summary>
internal sealed class MattermostSite(MattermostClient rest, MattermostHost host, SettingsCache settings, GatewayOptions options) : IMattermostSite
{
    public string Url => (options.SiteUrl?.ToString() ?? settings.Current?.SiteUrl ?? "").TrimEnd('/');

    public async Task<string?> GetTeamNameAsync(string team, CancellationToken cancellation) =>
        team.Length == 0 ? null : (await FindAsync($"/teams/{HostCaches.Segment(team)}", cancellation))?.Text("name");

    public async Task<UserId?> FindUserAsync(string username, CancellationToken cancellation) =>
        username.Length > 0 && (await FindAsync($"/users/username/{HostCaches.Segment(username)}", cancellation))?.Text("id") is { Length: > 0 } id
            ? new UserId(id)
            : null;

    public async Task<ChannelId> GetDirectChannelAsync(UserId user, CancellationToken cancellation)
    {
        RestAnswer answer = await rest.SendAsync(
            HttpMethod.Post, "/channels/direct", new[] { host.BotUserId.Value, user.Value }, RestPriority.Other, isRepeatable: true, cancellation);
        return answer.IsSuccess ? new ChannelId(answer.Text("id")) : throw answer.ToRefusal();
    }

    public async Task<string> UploadFileAsync(ChannelId channel, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        using var form = new MultipartFormDataContent();
        using var channelField = new StringContent(channel.Value);
        using var file = new ReadOnlyMemoryContent(content);
        form.Add(channelField, "channel_id");
        form.Add(file, "files", name);
        byte[] body = await form.ReadAsByteArrayAsync(cancellation);
        RestAnswer answer = await rest.SendBytesAsync(
            HttpMethod.Post, "/files", body, form.Headers.ContentType!.ToString(), RestPriority.Other, cancellation);
        return answer.IsSuccess && answer.Body.Member("file_infos").Items().FirstOrDefault().Text("id") is { Length: > 0 } id
            ? id
            : throw answer.ToRefusal();
    }

    public async Task<PostId> PostAsync(ChannelId channel, string message, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var body = new
        {
            channel_id = channel.Value,
            message,
            file_ids = files,
            props = new { from_plugin = "true" },
            pending_post_id = string.Create(CultureInfo.InvariantCulture, $"{host.BotUserId.Value}:{Guid.NewGuid():N}"),
        };
        RestAnswer answer = await rest.SendAsync(HttpMethod.Post, "/posts", body, RestPriority.Post, isRepeatable: true, cancellation);
        return answer.IsSuccess ? new PostId(answer.Text("id")) : throw answer.ToRefusal();
    }

    private async Task<JsonElement?> FindAsync(string path, CancellationToken cancellation)
    {
        RestAnswer answer = await rest.GetAsync(path, RestPriority.Other, cancellation);
        return answer.IsSuccess ? answer.Body : answer.IsNotFound ? null : throw answer.ToRefusal();
    }
}
