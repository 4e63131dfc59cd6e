using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Api.Bot;

/// <summary>Files in parts, as the bot (rest-api.md 4.5 to 4.7).</summary>
internal sealed class BotUploadsResource(BotGate gate, IBotHost mattermost, IChatHost host) : IApiResource
{
    /// <summary>Mattermost refuses a smaller first part, unless it is the whole file.</summary>
    internal const int MinFirstPart = 5 * 1024 * 1024;

    public void Map(ApiRoutes routes)
    {
        string one = $"/uploads/{ApiRoutes.Id("uploadId")}";
        routes.BotPost(gate, "/uploads", CreateAsync);
        routes.BotPost(gate, one, SendAsync);
        routes.BotGet(gate, one, GetAsync);
    }

    private async Task<ApiAnswer> CreateAsync(ApiRequest request)
    {
        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return BadBody(problem);
        }

        // Owner and type are ours to say, whatever the body has for them.
        return !body.TryGetString("channel_id", out string channel) ? BadBody(RequestBody.WrongType("channel_id"))
            : !body.TryGetString("filename", out string filename) ? BadBody(RequestBody.WrongType("filename"))
            : !body.TryGetInt64("file_size", out long size) ? BadBody(RequestBody.WrongType("file_size"))
            : ToAnswer(await mattermost.CreateUploadAsync(channel, filename, size, request.Aborted));
    }

    private async Task<ApiAnswer> GetAsync(ApiRequest request) =>
        ToAnswer(await mattermost.GetUploadAsync(request.PathId("uploadId"), request.Aborted));

    private async Task<ApiAnswer> SendAsync(ApiRequest request)
    {
        string id = request.PathId("uploadId");
        BotHostAnswer found = await mattermost.GetUploadAsync(id, request.Aborted);
        if (!found.IsSuccess)
        {
            return ToAnswer(found);
        }

        JsonElement upload = found.Body;
        if (Text(upload, "type") != "attachment")
        {
            return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, "invalid upload type");
        }

        if (Text(upload, "user_id") != host.BotUserId.Value)
        {
            return ApiAnswer.Envelope(StatusCodes.Status403Forbidden, "not allowed to upload data for this session");
        }

        long maxPart = await mattermost.GetMaxFileSizeAsync(request.Aborted);
        HttpRequest incoming = request.Context.Request;
        byte[] head = [];
        if (Number(upload, "file_offset") == 0)
        {
            // What Mattermost would refuse is not sent. A part of unknown length is read that far before it is known.
            int enough = (int)Math.Min(Number(upload, "file_size"), MinFirstPart);
            long length = incoming.ContentLength ?? (head = await ReadAsync(incoming.Body, enough, request.Aborted)).Length;
            if (length < enough)
            {
                return ApiAnswer.Envelope(StatusCodes.Status400BadRequest, $"first part must be at least {MinFirstPart} bytes");
            }
        }

        using var part = new UploadPart(head, incoming.Body, incoming.ContentLength, maxPart);
        return ToAnswer(await mattermost.SendPartAsync(id, part, request.Aborted));
    }

    private static async Task<byte[]> ReadAsync(Stream body, int count, CancellationToken cancellation)
    {
        byte[] head = new byte[count];
        int read = await body.ReadAtLeastAsync(head, count, throwOnEndOfStream: false, cancellation);
        return head[..read];
    }

    // Mattermost says 201 where the plugin says 200.
    private static ApiAnswer ToAnswer(BotHostAnswer answer) =>
        answer.Status == StatusCodes.Status204NoContent ? ApiAnswer.Empty(StatusCodes.Status204NoContent)
            : answer.IsSuccess ? ApiAnswer.Resource(answer.Body.WriteTo)
            : ApiAnswer.Envelope(answer.Status, answer.Message);

    private static ApiAnswer BadBody(string problem) =>
        ApiAnswer.Envelope(StatusCodes.Status400BadRequest, $"failed to decode request body: {problem}");

    private static string Text(JsonElement upload, string name) =>
        upload.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long Number(JsonElement upload, string name) =>
        upload.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number) ? number : 0;
}
