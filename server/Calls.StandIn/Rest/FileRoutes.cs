using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.StandIn.Chat;
using Calls.StandIn.State;
using Microsoft.AspNetCore.Http;

namespace Calls.StandIn.Rest;

/// <summary>Uploads in parts and small files (mattermost-integration.md 7.3).</summary>
internal static class FileRoutes
{
    /// <summary>A first part below this is refused unless it is the whole file.</summary>
    private const int MinFirstPart = 5 * 1024 * 1024;

    public static void Map(ApiRoutes routes)
    {
        routes.Post("/uploads", CreateAsync);
        routes.Get("/uploads/{upload_id}", GetAsync);
        routes.Post("/uploads/{upload_id}", AppendAsync);
        routes.Post("/files", UploadAsync);
        routes.Get("/files/{file_id}", DownloadAsync);
        routes.Get("/files/{file_id}/info", InfoAsync);
    }

    private static async Task CreateAsync(ApiRequest request)
    {
        JsonElement body = await request.BodyAsync("upload");
        string channelId = ApiRequest.Text(body, "channel_id");
        string filename = ApiRequest.Text(body, "filename");
        long size = body.TryGetProperty("file_size", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long bytes) ? bytes : 0;
        Channel channel = request.State.Channels.Get(channelId) ?? throw ApiException.Forbidden(Permission.UploadFile);
        request.RequireChannel(channel, Permission.UploadFile);
        if (size > request.State.Settings.Current.Int("FileSettings", "MaxFileSize"))
        {
            throw new ApiException(413, "api.upload.create.upload_too_large.app_error", "Unable to upload file. File is too large.");
        }

        if (filename.Length == 0)
        {
            throw new ApiException(400, "model.upload_session.is_valid.filename.app_error", "Invalid value for Filename");
        }

        if (size <= 0)
        {
            throw new ApiException(400, "model.upload_session.is_valid.file_size.app_error", "Invalid value for FileSize");
        }

        var upload = new UploadSession
        {
            Id = Ids.New(),
            CreateAt = request.State.Clock.NowMs,
            UserId = request.Session.UserId,
            ChannelId = channelId,
            Filename = filename,
            FileSize = size,
        };
        request.State.Files.PutUpload(upload);
        await request.JsonAsync(upload, StatusCodes.Status201Created);
    }

    private static Task GetAsync(ApiRequest request) => request.JsonAsync(Find(request));

    private static async Task AppendAsync(ApiRequest request)
    {
        UploadSession upload = Find(request);
        byte[] part = await ReadPartAsync(request, upload.FileSize - upload.FileOffset)
            ?? throw new ApiException(400, "app.upload.upload_data.invalid_content_length", "Invalid Content-Length.");
        bool isWhole = part.Length == upload.FileSize;
        if (upload.FileOffset == 0 && part.Length < MinFirstPart && !isWhole)
        {
            throw new ApiException(400, "app.upload.upload_data.first_part_too_small.app_error", $"Failed to upload data. First part must be at least {MinFirstPart} Bytes.");
        }

        upload = upload with { Received = [.. upload.Received, .. part] };
        if (upload.FileOffset < upload.FileSize)
        {
            request.State.Files.PutUpload(upload);
            request.Http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        request.State.Files.RemoveUpload(upload.Id);
        StoredFile file = Store(request, upload.ChannelId, upload.Filename, upload.Received);
        await request.JsonAsync(file);
    }

    private static async Task UploadAsync(ApiRequest request)
    {
        if (!request.Http.Request.HasFormContentType)
        {
            string channelId = request.Query("channel_id");
            string name = request.Query("filename");
            RequireUpload(request, channelId);
            byte[] content = await request.RawBodyAsync(request.State.Settings.Current.Int("FileSettings", "MaxFileSize")) ?? throw TooLarge();
            await WriteInfosAsync(request, [Store(request, channelId, name, content)]);
            return;
        }

        IFormCollection form = await request.Http.Request.ReadFormAsync();
        string channel = form["channel_id"].ToString();
        RequireUpload(request, channel);
        var stored = new List<StoredFile>();
        foreach (IFormFile file in form.Files)
        {
            if (file.Length > request.State.Settings.Current.Int("FileSettings", "MaxFileSize"))
            {
                throw TooLarge();
            }

            var content = new MemoryStream();
            await file.CopyToAsync(content);
            stored.Add(Store(request, channel, file.FileName, content.ToArray()));
        }

        await WriteInfosAsync(request, stored);
    }

    private static Task DownloadAsync(ApiRequest request)
    {
        StoredFile file = FindFile(request);
        request.Http.Response.Headers.ContentDisposition = $"attachment;filename=\"{file.Name}\"";
        return request.BytesAsync(file.Content, file.MimeType);
    }

    private static Task InfoAsync(ApiRequest request) => request.JsonAsync(FindFile(request));

    private static StoredFile FindFile(ApiRequest request)
    {
        StoredFile file = request.State.Files.Get(request.Id("file_id")) ?? throw new ApiException(404, "app.file_info.get.app_error", "Unable to get the file info.");
        if (file.UserId != request.Session.UserId)
        {
            request.RequireChannel(request.State.Channels.Get(file.ChannelId) ?? throw ApiException.NoChannel(), Permission.ReadChannelContent);
        }

        return file;
    }

    private static UploadSession Find(ApiRequest request)
    {
        UploadSession upload = request.State.Files.GetUpload(request.Id("upload_id")) ?? throw new ApiException(404, "app.upload.get.app_error", "Failed to get upload.");

        // Only the creator, not even an administrator.
        return upload.UserId == request.Session.UserId ? upload : throw new ApiException(403, "api.upload.get_upload.forbidden.app_error", "Failed to get upload.");
    }

    // The part comes bare or as the first file of a form.
    private static async Task<byte[]?> ReadPartAsync(ApiRequest request, long limit)
    {
        if (!request.Http.Request.HasFormContentType)
        {
            return await request.RawBodyAsync(limit);
        }

        IFormFile? file = (await request.Http.Request.ReadFormAsync()).Files.FirstOrDefault();
        if (file is null || file.Length > limit)
        {
            return null;
        }

        var content = new MemoryStream();
        await file.CopyToAsync(content);
        return content.ToArray();
    }

    private static void RequireUpload(ApiRequest request, string channelId) =>
        request.RequireChannel(request.State.Channels.Get(channelId) ?? throw ApiException.Forbidden(Permission.UploadFile), Permission.UploadFile);

    private static ApiException TooLarge() => new(413, "api.file.upload_file.too_large_detailed.app_error", "Unable to upload file. File is too large.");

    private static Task WriteInfosAsync(ApiRequest request, IReadOnlyList<StoredFile> files) => request.JsonAsync(
        new JsonObject { ["file_infos"] = Wire.ToNode(files), ["client_ids"] = new JsonArray() },
        StatusCodes.Status201Created);

    private static StoredFile Store(ApiRequest request, string channelId, string name, byte[] content)
    {
        long now = request.State.Clock.NowMs;
        string extension = Path.GetExtension(name).TrimStart('.').ToLowerInvariant();
        var file = new StoredFile
        {
            Id = Ids.New(),
            UserId = request.Session.UserId,
            ChannelId = channelId,
            CreateAt = now,
            UpdateAt = now,
            Name = name,
            Extension = extension,
            Size = content.Length,
            MimeType = extension switch
            {
                "mp4" => "video/mp4",
                "vtt" => "text/vtt",
                "txt" => "text/plain",
                "png" => "image/png",
                _ => "application/octet-stream",
            },
            Content = content,
        };
        request.State.Files.Put(file);
        return file;
    }
}
