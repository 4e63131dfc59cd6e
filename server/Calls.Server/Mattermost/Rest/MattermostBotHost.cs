using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Api.Bot;
using Calls.Server.Jobs;

namespace Calls.Server.Mattermost.Rest;

/// <summary>What jobs need of Mattermost, asked with the bot's token (mattermost-integration.md 7.3). Thread-safe.</summary>
internal sealed class MattermostBotHost(
    MattermostClient rest, HttpMessageInvoker http, HostCaches caches, SettingsCache settings, GatewayOptions options, TimeProvider time)
    : IBotHost, IBotPosts, IJobSite
{
    private const int MaxImageBytes = 16 << 20;

    private static readonly TimeSpan UploadLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ImageLimit = TimeSpan.FromSeconds(10);

    public string SiteUrl => (options.SiteUrl?.OriginalString ?? settings.Current?.SiteUrl ?? "").TrimEnd('/');

    public async Task<JsonElement?> GetChannelAsync(ChannelId channel, CancellationToken cancellation)
    {
        try
        {
            return Known(await caches.GetChannelAsync(channel, cancellation));
        }
        catch (ChatHostException refused) when (!refused.IsUnavailable)
        {
            return null;
        }
    }

    public async Task<JsonElement?> GetUserAsync(UserId user, CancellationToken cancellation) =>
        Known(await caches.GetUserAsync(user, cancellation));

    public async Task<(byte[] Bytes, string Type)?> GetImageAsync(UserId user, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Build(HttpMethod.Get, $"/users/{HostCaches.Segment(user.Value)}/image", null);
        return await SendAsync(request, ImageLimit, cancellation, async (response, stopped) =>
        {
            if (!response.IsSuccessStatusCode)
            {
                return ((byte[], string)?)null;
            }

            byte[] bytes = await ReadAsync(response, MaxImageBytes, stopped);
            return (bytes, response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream");
        });
    }

    public async Task<IReadOnlyList<ChatUser>> GetMembersAsync(ChannelId channel, int count, CancellationToken cancellation)
    {
        RestAnswer found = await rest.GetAsync(
            $"/users?in_channel={HostCaches.Segment(channel.Value)}&page=0&per_page={count.ToString(CultureInfo.InvariantCulture)}",
            RestPriority.Other,
            cancellation);
        return found.IsSuccess
            ? [.. found.Body.Items().Select(user => new ChatUser(
                new UserId(user.Text("id")),
                user.Text("username"),
                user.Text("first_name"),
                user.Text("last_name"),
                user.Text("nickname"),
                user.Text("locale"),
                user.Flag("is_bot"),
                IsGuest: false,
                user.Number("delete_at")))]
            : throw found.ToRefusal();
    }

    public async Task<BotHostAnswer> CreateUploadAsync(string channel, string filename, long size, CancellationToken cancellation)
    {
        var body = new { channel_id = channel, filename, file_size = size };
        return Answer(await rest.SendAsync(HttpMethod.Post, "/uploads", body, RestPriority.Other, isRepeatable: false, cancellation));
    }

    public async Task<BotHostAnswer> GetUploadAsync(string upload, CancellationToken cancellation) =>
        Answer(await rest.GetAsync($"/uploads/{HostCaches.Segment(upload)}", RestPriority.Other, cancellation));

    public async Task<BotHostAnswer> SendPartAsync(string upload, HttpContent part, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Build(HttpMethod.Post, $"/uploads/{HostCaches.Segment(upload)}", part);
        return await SendAsync(request, UploadLimit, cancellation, async (response, stopped) =>
        {
            byte[] bytes = await ReadAsync(response, MaxImageBytes, stopped);
            return Answer(new RestAnswer(response.StatusCode, Parse(bytes)));
        });
    }

    public async Task<long> GetMaxFileSizeAsync(CancellationToken cancellation) =>
        long.TryParse((await ClientConfigAsync(cancellation)).Text("MaxFileSize"), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            ? bytes
            : throw new ChatHostException("Mattermost does not say how large files may be", isUnavailable: false);

    public async Task<string> GetDiagnosticIdAsync(CancellationToken cancellation)
    {
        JsonElement config = await ClientConfigAsync(cancellation);
        return config.Text("DiagnosticId") is { Length: > 0 } id ? id : config.Text("TelemetryId");
    }

    public async Task<ChatPost> CreateAsync(ChatPost post, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        // Within 30 s Mattermost answers a repeated request with the post it already made.
        var body = new Dictionary<string, object?>
        {
            ["channel_id"] = post.Channel.Value,
            ["root_id"] = post.Root?.Value ?? "",
            ["type"] = post.Type,
            ["message"] = post.Message,
            ["pending_post_id"] = $"{post.Author.Value}:{RandomId.Next()}",
            ["props"] = new Dictionary<string, object?>(post.Props) { ["from_plugin"] = "true" },
            ["file_ids"] = files,
        };
        RestAnswer created = await rest.SendAsync(
            HttpMethod.Post, "/posts?set_online=false", body, RestPriority.Post, isRepeatable: true, cancellation);
        return created.IsSuccess ? PostJson.Read(created.Body) : throw created.ToRefusal();
    }

    private static JsonElement? Known(JsonElement found) => found.ValueKind == JsonValueKind.Undefined ? null : found;

    private static BotHostAnswer Answer(RestAnswer answer) =>
        new((int)answer.Status, answer.Body, answer.IsSuccess ? "" : answer.ToRefusal().Message);

    private async Task<JsonElement> ClientConfigAsync(CancellationToken cancellation)
    {
        RestAnswer config = await rest.GetAsync("/config/client?format=old", RestPriority.Other, cancellation);
        return config.IsSuccess ? config.Body : throw config.ToRefusal();
    }

    private HttpRequestMessage Build(HttpMethod method, string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, options.MattermostAddress("/api/v4" + path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.BotToken);
        return request;
    }

    private async Task<T> SendAsync<T>(
        HttpRequestMessage request, TimeSpan limit, CancellationToken cancellation, Func<HttpResponseMessage, CancellationToken, Task<T>> read)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, both.Token);
            return await read(response, both.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ChatHostException("Mattermost cannot be reached", isUnavailable: true, failure);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int max, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        using var whole = new MemoryStream();
        byte[] part = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(part, cancellation)) > 0)
        {
            if (whole.Length + read > max)
            {
                throw new IOException("Mattermost's answer is too long.");
            }

            whole.Write(part, 0, read);
        }

        return whole.ToArray();
    }

    private static JsonElement Parse(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
