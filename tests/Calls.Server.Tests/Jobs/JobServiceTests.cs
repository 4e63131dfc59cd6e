using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Jobs.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.Jobs;

/// <summary>The connection to the job service, and what workers are started with.</summary>
public sealed class JobServiceTests
{
    private static readonly string[] RecorderKeys =
    [
        "audio_rate", "auth_token", "call_id", "frame_rate", "height", "output_format", "post_id", "recording_id", "site_url", "video_preset",
        "video_rate", "width",
    ];

    private static readonly string[] TranscriberKeys =
    [
        "auth_token", "call_id", "live_captions_language", "live_captions_model_size", "live_captions_num_threads_per_transcriber",
        "live_captions_num_transcribers", "live_captions_on", "model_size", "num_threads", "output_format", "post_id", "site_url",
        "text_compact_max_segment_duration_ms", "text_compact_silence_threshold_ms", "transcribe_api", "transcribe_api_options",
        "transcription_id", "webvtt_omit_speaker",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Spec", "storage-and-jobs-16")]
    public async Task At_start_the_job_service_is_asked_for_its_version_and_told_the_images(bool transcribes)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(settings => settings with { EnableTranscriptions = transcribes });

        OffloaderRequest init = await site.Offloader.WhenAskedAsync(static request => request.Path == "/jobs/init");

        Assert.Equal(["GET /version", "POST /jobs/init"], site.Offloader.Requests.Select(request => $"{request.Method} {request.Path}"));
        string[] images = [.. init.Body.GetProperty("Runners").EnumerateArray().Select(static image => image.GetString()!)];
        Assert.Equal(
            transcribes ? ["mattermost/calls-recorder:v0.8.13", "mattermost/calls-transcriber:v0.7.2"] : ["mattermost/calls-recorder:v0.8.13"],
            images);
    }

    [Fact]
    public async Task Without_recordings_nobody_is_asked()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { EnableRecordings = false });
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);

        Assert.Equal((403, "Recordings are not enabled"), Refusal(await site.RecordAsync(token)));
        Assert.Empty(site.Offloader.Requests);
    }

    [Theory]
    [InlineData("v0.8.9")]
    [InlineData("0.8.9")]
    [InlineData("nightly")]
    [Trait("Spec", "storage-and-jobs-17")]
    public async Task An_old_job_service_is_not_used(string version)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: stub => stub.Version = version);
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);

        Assert.Equal((403, "Job service is not initialized"), Refusal(await site.RecordAsync(token)));
        Assert.DoesNotContain(site.Offloader.Requests, static request => request.Path != "/version");
    }

    [Theory]
    [InlineData("dev-1")]
    [InlineData("master")]
    [InlineData("")]
    [InlineData("v0.9.0")]
    [InlineData("v1.0.0-rc1")]
    [Trait("Spec", "storage-and-jobs-18")]
    public async Task A_job_service_that_is_new_enough_or_not_a_release_is_used(string version)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: stub => stub.Version = version);

        await site.StartRecordingAsync();

        Assert.Single(site.Offloader.Jobs);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-19")]
    public async Task A_recorder_gets_all_it_needs()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { MaxRecordingDuration = 45 });
        (ClientSocket alice, _, JsonElement job) = await site.StartRecordingAsync();

        OffloaderRequest asked = Assert.Single(site.Offloader.Jobs);

        Assert.Equal("recording", asked.Body.GetProperty("type").GetString());
        Assert.Equal("mattermost/calls-recorder:v0.8.13", asked.Body.GetProperty("runner").GetString());
        Assert.Equal(45 * 60, asked.Body.GetProperty("max_duration_sec").GetInt64());
        Assert.Equal(RecorderKeys, asked.Input.EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
        JsonElement state = (await site.Site.StateAsync(alice)).State();
        Assert.Equal(RecordingSite.SiteUrl, asked.InputText("site_url"));
        Assert.Equal(site.Channel, asked.InputText("call_id"));
        Assert.Equal(state.GetProperty("post_id").GetString(), asked.InputText("post_id"));
        Assert.Equal(site.BotToken, asked.InputText("auth_token"));
        Assert.Equal(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).Id, asked.InputText("recording_id"));
        Assert.Equal("mp4", asked.InputText("output_format"));
        Assert.Equal(
            """{"width":1280,"height":720,"video_rate":1500,"audio_rate":64,"frame_rate":20}""",
            JsonSerializer.Serialize(new
            {
                width = asked.Input.GetProperty("width").GetInt32(),
                height = asked.Input.GetProperty("height").GetInt32(),
                video_rate = asked.Input.GetProperty("video_rate").GetInt32(),
                audio_rate = asked.Input.GetProperty("audio_rate").GetInt32(),
                frame_rate = asked.Input.GetProperty("frame_rate").GetInt32(),
            }));
        Assert.Equal("veryfast", asked.InputText("video_preset"));
        Assert.Equal(0, job.GetProperty("start_at").GetInt64());
    }

    [Theory]
    [InlineData("low", 1280, 720, 1000, 15, "ultrafast")]
    [InlineData("high", 1920, 1080, 2500, 20, "veryfast")]
    [Trait("Spec", "storage-and-jobs-20")]
    public async Task Quality_decides_size_and_rates(string quality, int width, int height, int videoRate, int frameRate, string preset)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(settings => settings with { RecordingQuality = quality });
        await site.StartRecordingAsync();

        JsonElement input = Assert.Single(site.Offloader.Jobs).Input;

        Assert.Equal(
            (width, height, videoRate, frameRate, preset),
            (input.GetProperty("width").GetInt32(), input.GetProperty("height").GetInt32(), input.GetProperty("video_rate").GetInt32(),
                input.GetProperty("frame_rate").GetInt32(), input.GetProperty("video_preset").GetString()));
    }

    [Fact]
    public async Task A_transcriber_gets_all_it_needs()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with
        {
            EnableTranscriptions = true,
            EnableLiveCaptions = true,
            TranscribeAPI = "azure",
            TranscribeAPIAzureSpeechKey = "azure-key",
            TranscribeAPIAzureSpeechRegion = "north",
            LiveCaptionsLanguage = "de",
        });
        await site.StartRecordingAsync();

        OffloaderRequest asked = site.Offloader.Jobs[1];

        Assert.Equal("transcribing", asked.Body.GetProperty("type").GetString());
        Assert.Equal("mattermost/calls-transcriber:v0.7.2", asked.Body.GetProperty("runner").GetString());
        Assert.Equal(120 * 60, asked.Body.GetProperty("max_duration_sec").GetInt64());
        Assert.Equal(TranscriberKeys, asked.Input.EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
        Assert.Equal("""{"AZURE_SPEECH_KEY":"azure-key","AZURE_SPEECH_REGION":"north"}""", asked.InputText("transcribe_api_options"));
        Assert.True(asked.Input.GetProperty("live_captions_on").GetBoolean());
        Assert.Equal("de", asked.InputText("live_captions_language"));
        Assert.Equal(JobRows.Read(site.Site.DatabaseFile).Single(static row => row.Type == "transcribing").Id, asked.InputText("transcription_id"));
    }

    [Theory]
    [InlineData("https://example.org/chat")]
    [Trait("Spec", "storage-and-jobs-21")]
    public async Task A_site_below_a_path_cannot_be_recorded(string siteUrl)
    {
        // The recorder's own URL has the path; the gateway is at the root, where the test's clients look for it.
        await using RecordingSite site = await RecordingSite.StartAsync(
            jobs: options => options with { RecorderExtras = new Dictionary<string, string> { ["site_url"] = siteUrl } });
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);

        (int status, string message) = Refusal(await site.RecordAsync(token));

        Assert.Equal(500, status);
        Assert.Contains("recorder config is not valid", message, StringComparison.Ordinal);
        Assert.Empty(site.Offloader.Jobs);
        Assert.Equal($"{message}", Assert.Single(JobRows.Read(site.Site.DatabaseFile)).Error);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-35")]
    public async Task Variables_of_the_environment_are_handed_to_the_workers()
    {
        JobServiceOptions environment = JobServiceOptions.Read(new Dictionary<string, string>
        {
            ["MM_CALLS_RECORDER_EXTRA_CHROMIUM_ARGS"] = "--x",
            ["MM_CALLS_RECORDER_VIDEO_PRESET"] = "slow",
            ["MM_CALLS_TRANSCRIBER_TLS_CA_CERT_FILE"] = "/ca.pem",
            ["MM_CALLS_JOB_SERVICE_IMAGE_REGISTRY"] = "registry.example.org:5000/mirror",
        });
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { EnableTranscriptions = true }, _ => environment);
        await site.StartRecordingAsync();

        (OffloaderRequest recorder, OffloaderRequest transcriber) = (site.Offloader.Jobs[0], site.Offloader.Jobs[1]);

        Assert.Equal(("--x", "slow"), (recorder.InputText("extra_chromium_args"), recorder.InputText("video_preset")));
        Assert.Equal("/ca.pem", transcriber.InputText("tls_ca_cert_file"));
        Assert.False(transcriber.Input.TryGetProperty("extra_chromium_args", out _));
        Assert.Equal("registry.example.org:5000/mirror/calls-recorder:v0.8.13", recorder.Body.GetProperty("runner").GetString());
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-38")]
    public async Task Credentials_are_made_once_and_outlive_restarts_and_a_change_of_address()
    {
        await using OffloaderStub other = await OffloaderStub.StartAsync();
        await using RecordingSite site = await RecordingSite.StartAsync();
        OffloaderRequest first = await site.Offloader.WhenAskedAsync(static request => request.Path == "/jobs/init");
        Assert.Equal("standinxdiagnosticxidxxxxx", first.Client);
        Assert.Matches("^[A-Za-z0-9_-]{32}$", first.Key);

        await site.Site.StopSidecarAsync();
        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
        Assert.All(site.Offloader.Requests, request => Assert.Equal((first.Client, first.Key), (request.Client, request.Key)));
        Assert.Equal(2, site.Offloader.Requests.Count(static request => request.Path == "/jobs/init"));

        CurrentCallsSettings settings = site.Site.Sidecar.Services.GetRequiredService<CurrentCallsSettings>();
        settings.Replace(settings.Value with { JobServiceURL = other.Url });
        Assert.Equal(200, (await site.RecordAsync(token, "stop")).Status);
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
        Assert.All(other.Requests, request => Assert.Equal((first.Client, first.Key), (request.Client, request.Key)));
        Assert.Single(other.Jobs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Credentials_that_are_given_are_used(bool inUrl)
    {
        const string Key = "0123456789012345678901234567890123";
        await using RecordingSite site = await RecordingSite.StartAsync(
            settings => inUrl ? settings with { JobServiceURL = settings.JobServiceURL.Replace("http://", $"http://us:{Key}@", StringComparison.Ordinal) + "/" } : settings,
            options => inUrl ? options : options with { ClientId = "us", AuthKey = Key },
            stub =>
            {
                stub.AllowsSelfRegistration = false;
                stub.Register("us", Key);
            });

        await site.StartRecordingAsync();

        Assert.All(site.Offloader.Requests, request => Assert.Equal(("us", Key), (request.Client, request.Key)));
    }

    [Fact]
    [Trait("Spec", "configuration-29")]
    public async Task A_job_service_that_comes_late_is_connected_when_it_is_needed()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(
            static settings => settings with { EnableRecordings = false }, prepare: static stub => stub.AllowsSelfRegistration = false);
        CurrentCallsSettings settings = site.Site.Sidecar.Services.GetRequiredService<CurrentCallsSettings>();
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);
        settings.Replace(settings.Value with { EnableRecordings = true });
        Assert.Equal((403, "Job service is not initialized"), Refusal(await site.RecordAsync(token)));

        // It is not asked again and again, however often the host tries.
        site.Offloader.AllowsSelfRegistration = true;
        Assert.Equal((403, "Job service is not initialized"), Refusal(await site.RecordAsync(token)));
        Assert.Single(site.Offloader.Requests, static request => request.Path == "/version");

        // Without media nobody stays in a call that long.
        site.Site.Time.Advance(TimeSpan.FromSeconds(10));
        await site.Site.SettleAsync();
        await site.Site.JoinWithAsync(token);
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
    }

    [Fact]
    public async Task Recordings_that_are_switched_on_are_prepared_before_anybody_records()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(
            static settings => settings with { EnableRecordings = false }, prepare: static stub => stub.Version = "v0.1.0");
        CurrentCallsSettings settings = site.Site.Sidecar.Services.GetRequiredService<CurrentCallsSettings>();
        settings.Replace(settings.Value with { EnableRecordings = true });

        site.Site.Time.Advance(TimeSpan.FromSeconds(30));
        await site.Offloader.WhenAskedAsync(static request => request.Path == "/version");
        await site.ReadyAsync();
        Assert.Equal(["/version"], site.Offloader.Requests.Select(static request => request.Path));

        // It was updated meanwhile.
        site.Offloader.Version = "v0.9.0";
        site.Site.Time.Advance(TimeSpan.FromSeconds(30));
        await site.Offloader.WhenAskedAsync(static request => request.Path == "/jobs/init");
        await site.ReadyAsync();
        Assert.Equal(["/version", "/version", "/jobs/init"], site.Offloader.Requests.Select(static request => request.Path));

        site.Site.Time.Advance(TimeSpan.FromSeconds(90));
        await site.ReadyAsync();
        Assert.Equal(3, site.Offloader.Requests.Count);
    }

    [Fact]
    public async Task A_job_service_that_is_down_is_not_waited_for()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.Offloader.DisposeAsync();
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);

        (int status, string message) = Refusal(await site.RecordAsync(token));

        Assert.Equal(500, status);
        Assert.StartsWith("failed to create recording job: request failed: ", message, StringComparison.Ordinal);
        await alice.NextAsync("call_job_state");
        Assert.Equal(message, (await alice.NextAsync("call_job_state")).Data.GetProperty("jobState").GetProperty("err").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("offloader:4545")]
    [InlineData("ftp://offloader")]
    public async Task A_wrong_address_is_no_job_service(string url)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(settings => settings with { JobServiceURL = url });
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);

        Assert.Equal((403, "Job service is not initialized"), Refusal(await site.RecordAsync(token)));
    }

    private static (int Status, string Message) Refusal((int Status, JsonElement Body) answer) =>
        (answer.Status, answer.Body.TryGetProperty("message", out JsonElement message) ? message.GetString()! : answer.Body.ToString());
}
