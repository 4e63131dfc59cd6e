using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>Recorder or transcriber, by what they send: it knows only what the job service gave it (storage-and-jobs.md 10, 11).</summary>
internal sealed class BotWorker(RecordingSite site, OffloaderRequest job)
{
    private ClientSocket? _socket;

    public string Type => job.Body.GetProperty("type").GetString()!;

    /// <summary>The id of the job's record.</summary>
    public string JobId => job.InputText(Type == "recording" ? "recording_id" : "transcription_id");

    public string Channel => job.InputText("call_id");

    public string PostId => job.InputText("post_id");

    public string Token => job.InputText("auth_token");

    public ClientSocket Socket => _socket ?? throw new InvalidOperationException("It has not joined.");

    /// <summary>Upgrades, logs in and joins the call for its job.</summary>
    public async Task JoinAsync()
    {
        await OpenAsync();
        await Socket.SendAsync("join", new { channelID = Channel, jobID = JobId });
        await Socket.NextAsync("join");
        await Socket.NextAsync("call_state");
    }

    /// <summary>Tries to join.</summary>
    /// <param name="jobId">What it says its job is; <c>null</c> for nothing at all.</param>
    /// <returns>Why it may not.</returns>
    public async Task<string> RefusedAsync(string? jobId)
    {
        ClientSocket socket = await OpenAsync();
        await socket.SendAsync("join", jobId is null ? new { channelID = Channel } : (object)new { channelID = Channel, jobID = jobId });
        return (await socket.NextAsync("error")).Text("data");
    }

    public Task<string> RefusedAsync() => RefusedAsync(JobId);

    /// <summary>The recorder's page has no cookie: it logs in on its socket. The transcriber does at the upgrade.</summary>
    public async Task<ClientSocket> OpenAsync()
    {
        if (Type == "recording")
        {
            _socket = site.Site.Own(await ClientSocket.OpenAsync(site.Site.Url, token: null, isRecorder: true));
            await _socket.SendTextAsync(JsonSerializer.Serialize(new { action = "authentication_challenge", seq = 1, data = new { token = Token } }));
            await _socket.GreetedAsync();
            _socket.RestartNumbers();
        }
        else
        {
            _socket = site.Site.Own(await ClientSocket.OpenGreetedAsync(site.Site.Url, Token));
        }

        await site.Site.KnowsAsync(_socket, Token);
        return _socket;
    }

    /// <summary>Comes back on a new connection, for the session of the one before.</summary>
    public async Task ReconnectAsync()
    {
        ClientSocket before = Socket;
        before.Cut();
        await OpenAsync();
        await Socket.SendAsync("reconnect", new { channelID = Channel, originalConnID = before.Id, prevConnID = before.Id });
        await site.Site.SettleAsync(Socket);
    }

    public async Task LeaveAsync()
    {
        await Socket.SendAsync("leave");
        await site.Site.SettleAsync(Socket);
    }

    /// <param name="error">Under the key that releases in the field use.</param>
    public async Task<(int Status, string Message)> TryReportAsync(string status, string error = "", string? jobType = null, string? jobId = null)
    {
        Dictionary<string, string> body = new() { ["JobType"] = jobType ?? Type, ["Status"] = status };
        if (error.Length > 0)
        {
            body["omitempty"] = error;
        }

        (int code, JsonElement answer) = await site.AskAsync(HttpMethod.Post, $"/bot/calls/{Channel}/jobs/{jobId ?? JobId}/status", Token, body);
        return (code, answer.GetProperty("message").GetString()!);
    }

    public async Task ReportAsync(string status, string error = "")
    {
        Assert.Equal((200, "success"), await TryReportAsync(status, error));
        await site.Site.SettleAsync();
    }

    /// <summary>Uploads a file in one request.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> UploadAsync(string filename, byte[] content)
    {
        (int created, JsonElement upload) = await site.AskAsync(
            HttpMethod.Post, "/bot/uploads", Token, new { channel_id = Channel, filename, file_size = content.Length });
        Assert.Equal(200, created);
        using HttpResponseMessage response = await SendPartAsync(upload.GetProperty("id").GetString()!, content);
        Assert.Equal(200, (int)response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    /// <param name="isChunked">As a file whose length is not announced.</param>
    public Task<HttpResponseMessage> SendPartAsync(string upload, ReadOnlyMemory<byte> part, bool isChunked = false)
    {
        HttpContent content = isChunked ? new StreamContent(new UnseekableStream(part.ToArray())) : new ReadOnlyMemoryContent(part);
        return site.SendAsync(HttpMethod.Post, $"/bot/uploads/{upload}", Token, content);
    }

    public Task<(int Status, JsonElement Body)> PostRecordingAsync(params string[] files) => site.AskAsync(
        HttpMethod.Post, $"/bot/calls/{Channel}/recordings", Token, new { JobID = JobId, PostID = PostId, FileIDs = files });

    public Task<(int Status, JsonElement Body)> PostTranscriptionAsync(params object[] transcriptions) => site.AskAsync(
        HttpMethod.Post, $"/bot/calls/{Channel}/transcriptions", Token, new { JobID = JobId, PostID = PostId, Transcriptions = transcriptions });

    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
