using System.Globalization;
using System.Text;
using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Api;

/// <summary><c>POST /logs/upload</c>: a client's log becomes a file in its user's direct channel with the bot (rest-api.md 3.14).</summary>
internal sealed class LogsUploadResource(IChatHost host, IMattermostSite site, TimeProvider time) : IApiResource
{
    private const int MaxBytes = 2 * 1024 * 1024;

    public void Map(ApiRoutes routes) => routes.Post("/logs/upload", PostAsync, FailureShape.Text);

    private async Task<ApiAnswer> PostAsync(ApiRequest request)
    {
        (RequestBody? body, _) = await RequestBody.ReadAsync(request.Context.Request, MaxBytes);
        if (body is null || !body.TryGetString("logs", out string logs)
            || !body.TryGetString("channel_id", out string channel) || !body.TryGetString("team_id", out string team))
        {
            return ApiAnswer.Text(StatusCodes.Status400BadRequest, "Invalid request body");
        }

        if (!RandomId.IsValid(channel) || !RandomId.IsValid(team))
        {
            return ApiAnswer.Text(StatusCodes.Status400BadRequest, "Invalid channel_id or team_id");
        }

        if (host.BotUserId.Value.Length == 0)
        {
            return Failed("Bot user not available");
        }

        (ApiAnswer? refusal, ChannelId direct) = await TryAsync("Failed to get DM channel", () => site.GetDirectChannelAsync(request.User, request.Aborted));
        string name = string.Create(CultureInfo.InvariantCulture, $"call_logs_{time.GetUtcNow():yyyy-MM-dd'T'HH-mm-ss'Z'}.txt");
        string file = "";
        PostId post = default;
        if (refusal is null)
        {
            (refusal, file) = await TryAsync("Failed to upload file", () => site.UploadFileAsync(direct, name, Encoding.UTF8.GetBytes(logs), request.Aborted));
        }

        if (refusal is null)
        {
            (refusal, post) = await TryAsync("Failed to create post", () => site.PostAsync(direct, "", [file], request.Aborted));
        }

        return refusal ?? await TellAsync(request, new ChannelId(channel), team, post);
    }

    private async Task<ApiAnswer> TellAsync(ApiRequest request, ChannelId channel, string team, PostId post)
    {
        (ApiAnswer? refusal, string? name) = await TryAsync("Failed to get team", () => site.GetTeamNameAsync(team, request.Aborted));
        if (refusal is not null || name is null)
        {
            return refusal ?? Failed("Failed to get team: not found");
        }

        if (site.Url.Length == 0)
        {
            return Failed("Site URL not configured");
        }

        string text = $"Call logs uploaded \u2014 [view in your @calls DM]({site.Url}/{name}/pl/{post.Value})";
        await host.SendEphemeralPostAsync(request.User, channel, text, root: null, request.Aborted);
        return ApiAnswer.Resource(static writer =>
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        });
    }

    private static async Task<(ApiAnswer? Refusal, T Value)> TryAsync<T>(string what, Func<Task<T>> step)
    {
        try
        {
            return (null, await step());
        }
        catch (ChatHostException failure)
        {
            return (Failed($"{what}: {failure.Message}"), default!);
        }
    }

    private static ApiAnswer Failed(string text) => ApiAnswer.Text(StatusCodes.Status500InternalServerError, text);
}
