using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Jobs.Testing;

namespace Calls.Server.Tests.Jobs;

/// <summary>What recorder and transcriber ask over REST.</summary>
public sealed class BotRouteTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    [Trait("Spec", "rest-api-41")]
    public async Task The_routes_are_for_the_bots_only()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string user = site.Site.LogIn("alice");
        string path = $"/bot/channels/{site.Channel}";

        using HttpResponseMessage refused = await site.SendAsync(HttpMethod.Get, path, user);
        using HttpResponseMessage unknown = await site.SendAsync(HttpMethod.Get, path, "nobodystokenxxxxxxxxxxxxxx");

        Assert.Equal((403, "text/plain; charset=utf-8", "Forbidden\n"), await ReadAsync(refused));
        Assert.Equal((401, "text/plain; charset=utf-8", "Unauthorized\n"), await ReadAsync(unknown));
        foreach (string token in (string[])[site.BotToken, site.Site.Mattermost.BotToken])
        {
            (int status, JsonElement channel) = await site.AskAsync(HttpMethod.Get, path, token);
            Assert.Equal((200, site.Channel, "Off-Topic"), (status, channel.GetProperty("id").GetString(), channel.GetProperty("display_name").GetString()));
        }
    }

    [Fact]
    [Trait("Spec", "rest-api-12")]
    public async Task Bots_are_not_limited()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(200, (await site.AskAsync(HttpMethod.Get, $"/bot/channels/{site.Channel}", site.BotToken)).Status);
        }
    }

    [Fact]
    public async Task An_unknown_channel_is_null()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();

        (int status, JsonElement channel) = await site.AskAsync(HttpMethod.Get, "/bot/channels/nosuchchannelxxxxxxxxxxxxx", site.BotToken);

        Assert.Equal((200, JsonValueKind.Null), (status, channel.ValueKind));
    }

    [Fact]
    public async Task Pictures_come_whole_or_in_parts()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string path = $"/bot/users/{site.Site.IdOf("alice")}/image";

        using HttpResponseMessage whole = await site.SendAsync(HttpMethod.Get, path, site.BotToken);
        byte[] bytes = await whole.Content.ReadAsByteArrayAsync();
        Assert.Equal((200, "image/png"), ((int)whole.StatusCode, whole.Content.Headers.ContentType?.ToString()));
        Assert.NotNull(whole.Content.Headers.LastModified);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);

        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Site.Url, "/plugins/com.mattermost.calls" + path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", site.BotToken);
        request.Headers.Range = new RangeHeaderValue(1, 3);
        using HttpResponseMessage part = await http.SendAsync(request);
        Assert.Equal(206, (int)part.StatusCode);
        Assert.Equal(bytes[1..4], await part.Content.ReadAsByteArrayAsync());

        using HttpResponseMessage missing = await site.SendAsync(HttpMethod.Get, "/bot/users/nosuchuserxxxxxxxxxxxxxxxx/image", site.BotToken);
        Assert.Equal(404, (int)missing.StatusCode);
    }

    [Fact]
    public async Task A_speaker_is_known_by_the_session()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string Profile(string session) => $"/bot/calls/{site.Channel}/sessions/{session}/profile";
        Assert.Equal((400, "no call ongoing"), Refusal(await site.AskAsync(HttpMethod.Get, Profile("nosuchsessionxxxxxxxxxxxxx"), site.BotToken)));
        ClientSocket alice = await site.Site.JoinAsync("alice");

        (int status, JsonElement user) = await site.AskAsync(HttpMethod.Get, Profile(alice.Id), site.BotToken);

        Assert.Equal((200, "Alice", "Example"), (status, user.GetProperty("first_name").GetString(), user.GetProperty("last_name").GetString()));
        Assert.Equal("alice@example.com", user.GetProperty("email").GetString());
        Assert.DoesNotContain(user.EnumerateObject(), static property => property.Name is "password" or "mfa_secret" or "last_login");
        Assert.Equal((404, "not found"), Refusal(await site.AskAsync(HttpMethod.Get, Profile("nosuchsessionxxxxxxxxxxxxx"), site.BotToken)));
    }

    [Fact]
    [Trait("Spec", "rest-api-49")]
    public async Task Files_get_names_that_every_file_system_takes()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string direct = site.Site.Mattermost.AddDirectChannel(site.Site.IdOf("alice"), site.Site.IdOf("bob"));
        string strange = await NamedChannelAsync(site, "Ärger & Co / a very long name indeed");
        string at = site.Site.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd_HH-mm-ss", System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal($"Call_Off-Topic_{at}", await NameAsync(site.Channel));
        string named = await NameAsync(direct);
        Assert.Matches(@"^Call_[A-Za-z0-9._-]+_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$", named);
        Assert.Equal($"Call_Alice_Example-Bob_Exampl__{at}", named);
        Assert.Equal($"Call__rger___Co___a_very_long__{at}", await NameAsync(strange));
        Assert.Equal($"Call_nosuchchannelxxxxxxxxxxxxx_{at}", await NameAsync("nosuchchannelxxxxxxxxxxxxx"));

        async Task<string> NameAsync(string channel)
        {
            (int status, JsonElement body) = await site.AskAsync(HttpMethod.Get, $"/bot/calls/{channel}/filename", site.BotToken);
            Assert.Equal(200, status);
            return body.GetProperty("filename").GetString()!;
        }
    }

    [Fact]
    [Trait("Spec", "rest-api-42")]
    [Trait("Spec", "rest-api-43")]
    [Trait("Spec", "rest-api-44")]
    public async Task A_worker_reports_of_its_own_job_only_and_starts_it_once()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        BotWorker recorder = site.Recorder();
        await recorder.JoinAsync();

        Assert.Equal((400, "invalid job type"), await recorder.TryReportAsync("started", jobType: "captioning"));
        Assert.Equal((400, "no job ongoing"), await recorder.TryReportAsync("started", jobType: "transcribing"));
        Assert.Equal((400, "invalid job ID"), await recorder.TryReportAsync("started", jobId: "anotherjobxxxxxxxxxxxxxxxx"));
        Assert.Equal((400, "unsupported status type"), await recorder.TryReportAsync("paused"));
        await recorder.ReportAsync("started");
        Assert.Equal((400, "job has already started"), await recorder.TryReportAsync("started"));
        await recorder.ReportAsync("failed", "timed out waiting for ready event");

        Assert.Equal("timed out waiting for ready event", Assert.Single(JobRows.Read(site.Site.DatabaseFile)).Error);
        await site.Site.SettleAsync(alice);
        Assert.Equal(
            "timed out waiting for ready event", alice.TakeAll("call_job_state")[^1].Data.GetProperty("jobState").GetProperty("err").GetString());
        Assert.Equal((400, "no job ongoing"), await recorder.TryReportAsync("failed"));

        Assert.Equal(200, (await site.RecordAsync(token)).Status);
        Assert.Equal((200, "success"), await site.Recorder().TryReportAsync("failed"));
    }

    [Fact]
    public async Task Without_a_call_there_is_nothing_to_report()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        await alice.SendAsync("leave");
        await site.Site.SettleAsync(alice);

        Assert.Equal((400, "no call ongoing"), await site.Recorder().TryReportAsync("started"));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-34")]
    public async Task A_recording_takes_its_way_from_the_first_byte_to_the_thread_although_the_call_is_over()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        await alice.SendAsync("leave");
        await recorder.LeaveAsync();
        Assert.Null(await site.Site.StoredCallAsync());

        string file = await recorder.UploadAsync("Call.mp4", [1, 2, 3]);
        Assert.Equal(200, (await recorder.PostRecordingAsync(file)).Status);

        Assert.Equal(file, Assert.Single(PostsOf(site, "custom_calls_recording")).GetProperty("file_ids")[0].GetString());
    }

    [Fact]
    [Trait("Spec", "rest-api-47")]
    public async Task A_recording_is_posted_and_noted()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        site.Site.Time.Advance(TimeSpan.FromMinutes(2));
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.OpenWithAsync(token);
        await alice.SendAsync("join", new { channelID = site.Channel, title = "Stand-up" });
        await alice.NextAsync("call_state");
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
        BotWorker recorder = await site.StartedRecorderAsync();
        JsonElement begun = PropsOf(site, recorder).GetProperty("recordings").GetProperty(recorder.JobId);
        Assert.Equal("{}", begun.GetRawText());
        Assert.Equal(200, (await site.RecordAsync(token, "stop")).Status);
        await recorder.LeaveAsync();
        await alice.SendAsync("leave");
        await site.Site.SettleAsync(alice);
        Assert.Null(await site.Site.StoredCallAsync());

        string file = await recorder.UploadAsync("Call.mp4", [1, 2, 3]);
        (int status, JsonElement answer) = await recorder.PostRecordingAsync(file);

        Assert.Equal((200, """{"message":"success","status_code":200}"""), (status, answer.GetRawText()));
        JsonElement post = Assert.Single(PostsOf(site, "custom_calls_recording"));
        JsonElement props = post.GetProperty("props");
        Assert.Equal((site.Site.Mattermost.Seed.BotId, recorder.PostId), (post.GetProperty("user_id").GetString(), post.GetProperty("root_id").GetString()));
        Assert.Equal([file], post.GetProperty("file_ids").EnumerateArray().Select(static id => id.GetString()));
        Assert.Equal((recorder.JobId, recorder.PostId), (props.GetProperty("recording_id").GetString(), props.GetProperty("call_post_id").GetString()));
        Assert.Equal("Here's the call recording of Stand-up at 12:02AM UTC", post.GetProperty("message").GetString());

        JsonElement noted = PropsOf(site, recorder);
        JsonElement entry = noted.GetProperty("recordings").GetProperty(recorder.JobId);
        Assert.Equal((file, post.GetProperty("id").GetString()), (entry.GetProperty("file_id").GetString(), entry.GetProperty("post_id").GetString()));
        Assert.True(noted.GetProperty("end_at").GetInt64() > 0);
        Assert.Equal("Stand-up", noted.GetProperty("title").GetString());
    }

    [Fact]
    [Trait("Spec", "rest-api-48")]
    public async Task A_transcription_is_posted_noted_and_gives_the_recording_its_subtitles()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { EnableTranscriptions = true });
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        JsonElement begun = PropsOf(site, recorder);
        Assert.Equal(transcriber.JobId, begun.GetProperty("recordings").GetProperty(recorder.JobId).GetProperty("tr_id").GetString());
        Assert.Equal(recorder.JobId, begun.GetProperty("transcriptions").GetProperty(transcriber.JobId).GetProperty("rec_id").GetString());
        Assert.Equal(200, (await site.RecordAsync(token, "stop")).Status);
        Assert.Equal(200, (await recorder.PostRecordingAsync(await recorder.UploadAsync("Call.mp4", [1]))).Status);
        string subtitles = await transcriber.UploadAsync("Call.vtt", "WEBVTT\n"u8.ToArray());
        string text = await transcriber.UploadAsync("Call.txt", "hello\n"u8.ToArray());

        (int status, JsonElement answer) = await transcriber.PostTranscriptionAsync(
            new { Title = "", Language = "en", FileIDs = new[] { subtitles, text } });

        Assert.Equal((200, """{"message":"success","status_code":200}"""), (status, answer.GetRawText()));
        JsonElement recording = Assert.Single(PostsOf(site, "custom_calls_recording"));
        JsonElement post = Assert.Single(PostsOf(site, "custom_calls_transcription"));
        Assert.Equal("Here's the call recording. Transcription is processing and will be posted when ready.", recording.GetProperty("message").GetString());
        Assert.Equal("Here's the call transcription", post.GetProperty("message").GetString());
        string captions = $$"""[{"file_id":"{{subtitles}}","language":"en","title":"en"}]""";
        foreach (JsonElement shown in (JsonElement[])[recording, post])
        {
            Assert.Equal(captions, Sorted(shown.GetProperty("props").GetProperty("captions")));
        }

        Assert.Equal(transcriber.JobId, post.GetProperty("props").GetProperty("transcription_id").GetString());
        JsonElement noted = PropsOf(site, transcriber);
        JsonElement entry = noted.GetProperty("transcriptions").GetProperty(transcriber.JobId);
        Assert.Equal(
            (recorder.JobId, subtitles, post.GetProperty("id").GetString()),
            (entry.GetProperty("rec_id").GetString(), entry.GetProperty("file_id").GetString(), entry.GetProperty("post_id").GetString()));
        Assert.True(noted.GetProperty("recordings").GetProperty(recorder.JobId).TryGetProperty("post_id", out _));

        // Whoever reads the channel reads the subtitles.
        using HttpResponseMessage read = await site.Site.SendAsync(HttpMethod.Get, $"/api/v4/files/{subtitles}", site.Site.LogIn("bob"));
        Assert.Equal("WEBVTT\n", await read.Content.ReadAsStringAsync());
        await site.Site.SettleAsync(alice);
    }

    [Fact]
    public async Task A_recording_that_comes_after_its_transcription_is_posted_all_the_same()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { EnableTranscriptions = true });
        (_, string token, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        Assert.Equal(200, (await site.RecordAsync(token, "stop")).Status);
        string subtitles = await transcriber.UploadAsync("Call.vtt", [1]);
        string text = await transcriber.UploadAsync("Call.txt", [2]);

        Assert.Equal(200, (await transcriber.PostTranscriptionAsync(new { Title = "English", Language = "en", FileIDs = new[] { subtitles, text } })).Status);
        Assert.Equal(200, (await recorder.PostRecordingAsync(await recorder.UploadAsync("Call.mp4", [3]))).Status);

        Assert.Single(PostsOf(site, "custom_calls_transcription"));
        Assert.Single(PostsOf(site, "custom_calls_recording"));
        JsonElement noted = PropsOf(site, recorder);
        Assert.True(noted.GetProperty("recordings").GetProperty(recorder.JobId).TryGetProperty("file_id", out _));
        Assert.True(noted.GetProperty("transcriptions").GetProperty(transcriber.JobId).TryGetProperty("file_id", out _));
    }

    [Fact]
    [Trait("Spec", "rest-api-46")]
    public async Task Posts_without_what_they_need_are_refused()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string recordings = $"/bot/calls/{site.Channel}/recordings";
        string transcriptions = $"/bot/calls/{site.Channel}/transcriptions";
        object vtt = new { Title = "", Language = "en", FileIDs = new[] { "a", "b" } };

        Assert.Equal((400, "PostID should not be empty"), await AskAsync(recordings, new { JobID = "j", FileIDs = new[] { "f" } }));
        Assert.Equal((400, "invalid FileIDs length"), await AskAsync(recordings, new { JobID = "j", PostID = "p", FileIDs = Array.Empty<string>() }));
        Assert.Equal((400, "invalid FileIDs length"), await AskAsync(recordings, new { PostID = "p" }));
        Assert.Equal((400, "JobID should not be empty"), await AskAsync(recordings, new { PostID = "p", FileIDs = new[] { "f" } }));
        Assert.Equal((400, "PostID should not be empty"), await AskAsync(transcriptions, new { JobID = "j", Transcriptions = new[] { vtt } }));
        Assert.Equal((400, "invalid Transcriptions length"), await AskAsync(transcriptions, new { JobID = "j", PostID = "p" }));
        Assert.Equal(
            (400, "language should not be empty"),
            await AskAsync(transcriptions, new { JobID = "j", PostID = "p", Transcriptions = new[] { new { FileIDs = new[] { "a", "b" } } } }));
        Assert.Equal(
            (400, "invalid FileIDs length"),
            await AskAsync(transcriptions, new { JobID = "j", PostID = "p", Transcriptions = new[] { new { Language = "en", FileIDs = new[] { "a" } } } }));
        Assert.Equal((400, "JobID should not be empty"), await AskAsync(transcriptions, new { PostID = "p", Transcriptions = new[] { vtt } }));
        Assert.Equal(
            (500, "failed to get call post: post not found (id=nosuchpostxxxxxxxxxxxxxxxx)"),
            await AskAsync(recordings, new { JobID = "j", PostID = "nosuchpostxxxxxxxxxxxxxxxx", FileIDs = new[] { "f" } }));
        Assert.Equal(
            (500, "failed to get call post: post not found (id=nosuchpostxxxxxxxxxxxxxxxx)"),
            await AskAsync(transcriptions, new { JobID = "j", PostID = "nosuchpostxxxxxxxxxxxxxxxx", Transcriptions = new[] { vtt } }));

        async Task<(int, string)> AskAsync(string path, object body) => Refusal(await site.AskAsync(HttpMethod.Post, path, site.BotToken, body));
    }

    [Fact]
    public async Task Only_the_post_of_a_call_in_this_channel_is_changed()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        BotWorker recorder = site.Recorder();
        string file = await recorder.UploadAsync("a.mp4", [1]);
        string plain = await CreateAsAliceAsync(site, "/api/v4/posts", new { channel_id = site.Channel, message = "mine" });
        string elsewhere = site.Site.Mattermost.Seed.TownSquareId;

        foreach ((string channel, string post) in ((string, string)[])[(site.Channel, plain), (elsewhere, recorder.PostId)])
        {
            (int status, string message) = Refusal(await site.AskAsync(
                HttpMethod.Post, $"/bot/calls/{channel}/recordings", site.BotToken, new { JobID = recorder.JobId, PostID = post, FileIDs = new[] { file } }));
            Assert.Equal((500, $"failed to get call post: post not found (id={post})"), (status, message));
        }

        Assert.Empty(PostsOf(site, "custom_calls_recording"));
    }

    [Fact]
    public async Task A_post_whose_props_somebody_changed_is_not_made_worse()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { EnableTranscriptions = true });
        await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        await ChangeAsync(new JsonObject { ["recordings"] = "mine", ["transcriptions"] = 7, ["foreign"] = "kept" });

        // The recording is posted although it cannot be noted.
        Assert.Equal(200, (await recorder.PostRecordingAsync(await recorder.UploadAsync("a.mp4", [1]))).Status);
        string[] files = [await transcriber.UploadAsync("a.vtt", [1]), await transcriber.UploadAsync("a.txt", [1])];
        Assert.Equal(
            (500, "unexpected data found in transcriptions post prop"),
            Refusal(await transcriber.PostTranscriptionAsync(new { Title = "", Language = "en", FileIDs = files })));
        Assert.Equal("mine", PropsOf(site, recorder).GetProperty("recordings").GetString());

        await ChangeAsync(new JsonObject { ["recordings"] = 3, ["transcriptions"] = new JsonObject { [transcriber.JobId] = new JsonObject { ["rec_id"] = recorder.JobId } } });
        files = [await transcriber.UploadAsync("a.vtt", [1]), await transcriber.UploadAsync("a.txt", [1])];
        Assert.Equal(
            (500, "unexpected data found in recordings post prop"),
            Refusal(await transcriber.PostTranscriptionAsync(new { Title = "", Language = "en", FileIDs = files })));

        await ChangeAsync(new JsonObject
        {
            ["recordings"] = new JsonObject { [recorder.JobId] = new JsonObject { ["post_id"] = "nosuchpostxxxxxxxxxxxxxxxx" } },
            ["transcriptions"] = new JsonObject { [transcriber.JobId] = new JsonObject { ["rec_id"] = recorder.JobId } },
        });
        files = [await transcriber.UploadAsync("a.vtt", [1]), await transcriber.UploadAsync("a.txt", [1])];
        (int status, string message) = Refusal(await transcriber.PostTranscriptionAsync(new { Title = "", Language = "en", FileIDs = files }));
        Assert.Equal(500, status);
        Assert.StartsWith("failed to get recording post: ", message, StringComparison.Ordinal);

        async Task ChangeAsync(JsonObject props)
        {
            using HttpRequestMessage patch = new(HttpMethod.Put, new Uri(site.Site.Mattermost.Url, $"/api/v4/posts/{recorder.PostId}/patch"))
            {
                Content = RecordingSite.JsonContent(new { props }),
            };
            patch.Headers.Authorization = new AuthenticationHeaderValue("Bearer", site.Site.Mattermost.BotToken);
            using var http = new HttpClient();
            using HttpResponseMessage patched = await http.SendAsync(patch);
            Assert.Equal(200, (int)patched.StatusCode);
        }
    }

    [Fact]
    [Trait("Spec", "integration-81")]
    public async Task A_file_arrives_in_parts_and_a_small_first_one_is_never_sent_on()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        BotWorker recorder = site.Recorder();
        byte[] content = new byte[12 * MiB];
        new Random(7).NextBytes(content);
        string upload = await CreateAsync(site, recorder, content.Length);

        foreach (bool isChunked in (bool[])[false, true])
        {
            using HttpResponseMessage small = await recorder.SendPartAsync(upload, content.AsMemory(0, MiB), isChunked);
            Assert.Equal(400, (int)small.StatusCode);
            Assert.Contains("first part must be at least 5242880 bytes", await small.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(0, await OffsetAsync());
        }

        using HttpResponseMessage first = await recorder.SendPartAsync(upload, content.AsMemory(0, 5 * MiB), isChunked: true);
        Assert.Equal((204, 0), ((int)first.StatusCode, (await first.Content.ReadAsByteArrayAsync()).Length));
        using HttpResponseMessage second = await recorder.SendPartAsync(upload, content.AsMemory(5 * MiB, 5 * MiB));
        Assert.Equal(204, (int)second.StatusCode);
        Assert.Equal(10 * MiB, await OffsetAsync());
        using HttpResponseMessage last = await recorder.SendPartAsync(upload, content.AsMemory(10 * MiB));
        Assert.Equal((200, "application/json"), ((int)last.StatusCode, last.Content.Headers.ContentType?.ToString()));
        JsonElement file = JsonDocument.Parse(await last.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(content.Length, file.GetProperty("size").GetInt64());

        using HttpResponseMessage read = await site.Site.SendAsync(HttpMethod.Get, $"/api/v4/files/{file.GetProperty("id").GetString()}", site.Site.LogIn("bob"));
        Assert.Equal(content, await read.Content.ReadAsByteArrayAsync());

        async Task<long> OffsetAsync() =>
            (await site.AskAsync(HttpMethod.Get, $"/bot/uploads/{upload}", site.BotToken)).Body.GetProperty("file_offset").GetInt64();
    }

    [Fact]
    [Trait("Spec", "rest-api-45")]
    public async Task A_file_that_Mattermost_does_not_take_is_refused_before_it_is_sent()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        site.Site.Mattermost.SetConfig("FileSettings", "MaxFileSize", 10 * MiB);

        (int status, string message) = Refusal(await site.AskAsync(
            HttpMethod.Post, "/bot/uploads", site.BotToken, new { channel_id = site.Channel, filename = "a.mp4", file_size = 12 * MiB }));

        Assert.Equal((413, "Unable to upload file. File is too large."), (status, message));
    }

    [Fact]
    public async Task What_Mattermost_says_of_an_upload_is_passed_on()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        BotWorker recorder = site.Recorder();

        // Owner and type are not the body's to say.
        (int created, JsonElement upload) = await site.AskAsync(HttpMethod.Post, "/bot/uploads", site.BotToken, new
        {
            id = "mineminemineminemineminemi",
            type = "import",
            user_id = site.Site.IdOf("alice"),
            channel_id = site.Channel,
            filename = "a.mp4",
            file_size = 3,
        });
        Assert.Equal((200, "attachment", 0), (created, upload.GetProperty("type").GetString(), upload.GetProperty("file_offset").GetInt64()));
        Assert.NotEqual(site.Site.IdOf("alice"), upload.GetProperty("user_id").GetString());
        Assert.NotEqual("mineminemineminemineminemi", upload.GetProperty("id").GetString());

        Assert.Equal(404, (await site.AskAsync(HttpMethod.Get, "/bot/uploads/nosuchuploadxxxxxxxxxxxxxx", site.BotToken)).Status);
        using HttpResponseMessage unknown = await recorder.SendPartAsync("nosuchuploadxxxxxxxxxxxxxx", new byte[3]);
        Assert.Equal(404, (int)unknown.StatusCode);
        (int bad, string message) = Refusal(await site.AskAsync(HttpMethod.Post, "/bot/uploads", site.BotToken, new { channel_id = site.Channel, file_size = 3 }));
        Assert.Equal((400, "Invalid value for Filename"), (bad, message));
        Assert.Equal(
            (400, "failed to decode request body: json: cannot unmarshal value of field file_size"),
            Refusal(await site.AskAsync(HttpMethod.Post, "/bot/uploads", site.BotToken, new { channel_id = site.Channel, file_size = "3" })));
        Assert.Equal((400, "failed to decode request body: EOF"), Refusal(await site.AskAsync(HttpMethod.Post, "/bot/uploads", site.BotToken)));

        // Somebody else's upload, made with the same Mattermost.
        string others = await OthersUploadAsync(site);
        using HttpResponseMessage foreign = await recorder.SendPartAsync(others, new byte[3]);
        Assert.Equal(403, (int)foreign.StatusCode);
    }

    [Fact]
    public async Task Random_bodies_are_refused_and_break_nothing()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        const int Seed = 20_251;
        var random = new Random(Seed);
        string[] paths =
        [
            "/bot/uploads", $"/bot/calls/{site.Channel}/recordings", $"/bot/calls/{site.Channel}/transcriptions",
            $"/bot/calls/{site.Channel}/jobs/{site.Recorder().JobId}/status",
        ];
        string[] pieces = ["{", "}", "[", "]", "\"PostID\"", "\"FileIDs\"", "\"Transcriptions\"", "\"JobType\"", ":", ",", "\"x\"", "1e999", "null", "true", "\"\\ud800\"", " "];
        for (int i = 0; i < 400; i++)
        {
            string body = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            using var content = new StringContent(body);
            using HttpResponseMessage answer = await site.SendAsync(HttpMethod.Post, paths[i % paths.Length], site.BotToken, content);
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"seed {Seed}, round {i}: {body} was answered with {(int)answer.StatusCode}");
        }
    }

    private static Task<string> NamedChannelAsync(RecordingSite site, string displayName) => CreateAsAliceAsync(
        site, "/api/v4/channels", new { team_id = site.Site.Mattermost.Seed.TeamId, name = "strange", display_name = displayName, type = "O" });

    private static Task<string> OthersUploadAsync(RecordingSite site) =>
        CreateAsAliceAsync(site, "/api/v4/uploads", new { channel_id = site.Channel, filename = "b.txt", file_size = 3 });

    private static async Task<string> CreateAsAliceAsync(RecordingSite site, string path, object body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(site.Site.Mattermost.Url, path)) { Content = RecordingSite.JsonContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", site.Site.LogIn("alice"));
        using var http = new HttpClient();
        using HttpResponseMessage created = await http.SendAsync(request);
        return JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
    }

    [Theory]
    [InlineData("""{"JobType":"recording","Status":"failed","omitempty":"\ud800"}""")]
    [InlineData("""{"JobType":"\udfff","Status":"failed"}""")]
    public async Task Text_that_is_none_is_refused(string body)
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();

        using var content = new StringContent(body);
        using HttpResponseMessage answer = await site.SendAsync(
            HttpMethod.Post, $"/bot/calls/{site.Channel}/jobs/{site.Recorder().JobId}/status", site.BotToken, content);

        Assert.Equal(400, (int)answer.StatusCode);
    }

    private static async Task<string> CreateAsync(RecordingSite site, BotWorker recorder, int size)
    {
        (int status, JsonElement upload) = await site.AskAsync(
            HttpMethod.Post, "/bot/uploads", recorder.Token, new { channel_id = recorder.Channel, filename = "Call.mp4", file_size = size });
        Assert.Equal(200, status);
        return upload.GetProperty("id").GetString()!;
    }

    private static IEnumerable<JsonElement> PostsOf(RecordingSite site, string type) =>
        site.Site.Mattermost.PostsIn(site.Channel).Where(post => post.GetProperty("type").GetString() == type);

    private static JsonElement PropsOf(RecordingSite site, BotWorker worker) =>
        site.Site.Mattermost.GetPost(worker.PostId)!.Value.GetProperty("props");

    private static string Sorted(JsonElement list) => "[" + string.Join(',', list.EnumerateArray().Select(static entry =>
        "{" + string.Join(',', entry.EnumerateObject().OrderBy(static p => p.Name, StringComparer.Ordinal).Select(static p => $"\"{p.Name}\":\"{p.Value.GetString()}\"")) + "}")) + "]";

    private static (int Status, string Message) Refusal((int Status, JsonElement Body) answer) =>
        (answer.Status, answer.Body.TryGetProperty("message", out JsonElement message) ? message.GetString()! : answer.Body.ToString());

    private static async Task<(int, string?, string)> ReadAsync(HttpResponseMessage response) =>
        ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync());
}
