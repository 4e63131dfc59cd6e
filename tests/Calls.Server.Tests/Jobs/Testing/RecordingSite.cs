using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.Jobs.Testing;

/// <summary>A site with a job service, whose recorder and transcriber are scripted.</summary>
internal sealed class RecordingSite : IAsyncDisposable
{
    public const string SiteUrl = "https://chat.example.org";

    private readonly HttpClient _http = new();

    private RecordingSite(CallsSite site, OffloaderStub offloader) => (Site, Offloader) = (site, offloader);

    public CallsSite Site { get; }

    public OffloaderStub Offloader { get; }

    public string Channel => Site.Channel;

    /// <summary>What recorder and transcriber log in with.</summary>
    public string BotToken { get; private set; } = "";

    public string BotId { get; private set; } = "";

    /// <param name="configure">Changes settings; recordings are on.</param>
    /// <param name="jobs">What the environment says of jobs.</param>
    /// <param name="prepare">Changes the job service before it is asked.</param>
    /// <param name="siteUrl">The public URL that workers are told.</param>
    /// <param name="hasJobsBot">A second bot for the workers, as is recommended.</param>
    public static async Task<RecordingSite> StartAsync(
        Func<CallsSettings, CallsSettings>? configure = null,
        Func<JobServiceOptions, JobServiceOptions>? jobs = null,
        Action<OffloaderStub>? prepare = null,
        string siteUrl = SiteUrl,
        bool hasJobsBot = true,
        Func<SidecarOptions, SidecarOptions>? options = null)
    {
        OffloaderStub offloader = await OffloaderStub.StartAsync();
        prepare?.Invoke(offloader);
        CallsSettings settings = new()
        {
            DefaultEnabled = true,
            ICEServersConfigs = [],
            EnableRecordings = true,
            JobServiceURL = offloader.Url,
        };
        RecordingSite? made = null;
        CallsSite site = await CallsSite.StartAsync(
            configure?.Invoke(settings) ?? settings,
            arrange: async site =>
            {
                made = new RecordingSite(site, offloader);
                await made.FindBotAsync(hasJobsBot);
                string token = made.BotToken;
                return given => (options?.Invoke(given) ?? given) with
                {
                    SiteUrl = new Uri(siteUrl),
                    JobsBotToken = hasJobsBot ? token : "",
                    Jobs = jobs?.Invoke(new JobServiceOptions()) ?? new JobServiceOptions(),
                };
            });
        Assert.Same(site, made!.Site);
        await made.ReadyAsync();
        return made;
    }

    /// <summary>The bots are known, and the job service was asked, with whatever result: nothing is under way when the clock moves.</summary>
    public async Task ReadyAsync()
    {
        IServiceProvider services = Site.Sidecar.Services;
        IChatHost host = services.GetRequiredService<IChatHost>();
        await Poll.UntilAsync(() => host.BotUserId.Value.Length > 0);
        if (services.GetRequiredService<CurrentCallsSettings>().Value is { EnableRecordings: true, Licensed.Recordings: true })
        {
            await services.GetRequiredService<IJobService>().IsReadyAsync(default);
        }
    }

    /// <summary>Asks the service as a user, by bearer.</summary>
    public async Task<(int Status, JsonElement Body)> AskAsync(HttpMethod method, string path, string token, object? body = null)
    {
        using HttpResponseMessage response = await SendAsync(method, path, token, body is null ? null : JsonContent(body));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Site.Url, "/plugins/com.mattermost.calls" + path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request);
    }

    /// <summary>The host's request to record.</summary>
    public Task<(int Status, JsonElement Body)> RecordAsync(string token, string action = "start", string? channel = null) =>
        AskAsync(HttpMethod.Post, $"/calls/{channel ?? Channel}/recording/{action}", token);

    /// <summary>Alice's call, which she has begun to record.</summary>
    public async Task<(ClientSocket Alice, string Token, JsonElement Job)> StartRecordingAsync()
    {
        string token = Site.LogIn("alice");
        ClientSocket alice = await Site.JoinWithAsync(token);
        (int status, JsonElement job) = await RecordAsync(token);
        Assert.Equal((200, "recording"), (status, job.TryGetProperty("type", out JsonElement type) ? type.GetString() : job.ToString()));
        await Site.SettleAsync(alice);
        return (alice, token, job);
    }

    /// <summary>A worker as the job service would start it for a job.</summary>
    public BotWorker Worker(OffloaderRequest job) => new(this, job);

    public BotWorker Recorder() => Worker(Offloader.Jobs.Last(static job => job.Body.GetProperty("type").GetString() == "recording"));

    public BotWorker Transcriber() => Worker(Offloader.Jobs.Last(static job => job.Body.GetProperty("type").GetString() == "transcribing"));

    /// <summary>A recorder that is in the call and reports that it works.</summary>
    public async Task<BotWorker> StartedRecorderAsync()
    {
        BotWorker recorder = Recorder();
        await recorder.JoinAsync();
        await recorder.ReportAsync("started");
        return recorder;
    }

    public async Task<BotWorker> StartedTranscriberAsync()
    {
        BotWorker transcriber = Transcriber();
        await transcriber.JoinAsync();
        await transcriber.ReportAsync("started");
        return transcriber;
    }

    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        await Offloader.DisposeAsync();
        _http.Dispose();
    }

    internal static StringContent JsonContent(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    private async Task FindBotAsync(bool hasJobsBot)
    {
        if (!hasJobsBot)
        {
            (BotToken, BotId) = (Site.Mattermost.BotToken, Site.Mattermost.Seed.BotId);
            return;
        }

        string admin = Site.LogIn("sysadmin");
        JsonElement bot = await AskMattermostAsync("/bots", admin, new { username = "calls-jobs", display_name = "Calls" });
        BotId = bot.GetProperty("user_id").GetString()!;
        JsonElement token = await AskMattermostAsync($"/users/{BotId}/tokens", admin, new { description = "recorder and transcriber" });
        BotToken = token.GetProperty("token").GetString()!;
    }

    private async Task<JsonElement> AskMattermostAsync(string path, string token, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Site.Mattermost.Url, "/api/v4" + path)) { Content = JsonContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
